"""The compact rule language: a flag's state, or who is in a segment, as text for people, and back.

Pure: it knows the core's parser and no database. The grammar is `rules.lark`, the manual docs/rule-language.md.

    parse_rules(text, variants=flag.variants) -> Parsed      .body, or .faults with line and column
    print_rules(state) -> str                                the canonical text of a state
    parse_membership(text) -> Parsed                         the same for a segment
    print_membership(membership) -> str
"""

from flags.language.parsing import Parsed, parse_membership, parse_rules
from flags.language.places import TextFault
from flags.language.printing import print_membership, print_rules

__all__ = ["Parsed", "TextFault", "parse_membership", "parse_rules", "print_membership", "print_rules"]
