"""A segment's members and rules."""

from typing import Any

from ..limits import MAX_RULES
from ..values import inside
from .conditions import parse_node
from .faults import Faults, refuse_unstorable
from .targets import parse_keys


def parse_segment(body: object) -> dict[str, Any]:
    """`included`, `excluded` and `rules` as they are stored; raises InvalidDefinition. Missing members are empty."""
    refuse_unstorable(body)
    faults = Faults()
    written = faults.members_of(body, "", ("included", "excluded", "rules"))
    rules = faults.elements_of(written.get("rules", []), "rules", MAX_RULES, "rules")
    document = {
        "included": list(parse_keys(written.get("included", []), "included", faults)),
        "excluded": list(parse_keys(written.get("excluded", []), "excluded", faults)),
        "rules": [parse_node(rule, inside("rules", index), faults) for index, rule in enumerate(rules)],
    }
    faults.settle()
    return document
