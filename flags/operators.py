"""How the values of conditions are read, as far as people who write them have to know."""

import re

from evaluation.core import operands
from evaluation.core.operators import OPERATORS

# These compare texts alone: what is typed for them is a text, also where it looks like a number.
TEXT_OPERATORS = frozenset(
    name
    for name, row in OPERATORS.items()
    if row.read in (operands.text, operands.pattern, operands.version, operands.version_range, operands.network)
)
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
