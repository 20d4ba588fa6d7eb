"""The operators: one row each, from how a value is read to how an attribute is judged."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

from . import judges, operands


@dataclass(frozen=True, slots=True)
class Operator:
    """One row.

    `read` turns one written value into what is compared, or raises ValueError saying what is allowed; `judge` makes
    the judge from all of them and from `ignore_case`, or raises ValueError where they do not fit together.
    A `timed` operator compares moments: its judge takes the attribute's moment and now.
    """

    read: Callable[[object], Any]
    judge: Callable[[list[Any], bool], Any]
    folds: bool = False  # whether it takes ignore_case
    may_be_empty: bool = False  # whether no values at all mean something
    timed: bool = False


def _starts(text: str, starts: tuple[str, ...]) -> bool:
    return text.startswith(starts)


def _ends(text: str, ends: tuple[str, ...]) -> bool:
    return text.endswith(ends)


# "Any of the values" is a comparison with the least or the greatest of them.
OPERATORS: dict[str, Operator] = {
    "in": Operator(operands.scalar, judges.membership, folds=True, may_be_empty=True),
    "contains": Operator(operands.text, judges.text(judges.contains), folds=True),
    "starts_with": Operator(operands.text, judges.text(_starts), folds=True),
    "ends_with": Operator(operands.text, judges.text(_ends), folds=True),
    "matches": Operator(operands.pattern, judges.matches, folds=True),
    "gt": Operator(operands.number, judges.number(min, gt)),
    "gte": Operator(operands.number, judges.number(min, ge)),
    "lt": Operator(operands.number, judges.number(max, lt)),
    "lte": Operator(operands.number, judges.number(max, le)),
    "before": Operator(operands.moment, judges.before, timed=True),
    "after": Operator(operands.moment, judges.after, timed=True),
    "semver_eq": Operator(operands.version, judges.version(frozenset, judges.among)),
    "semver_gt": Operator(operands.version, judges.version(min, gt)),
    "semver_gte": Operator(operands.version, judges.version(min, ge)),
    "semver_lt": Operator(operands.version, judges.version(max, lt)),
    "semver_lte": Operator(operands.version, judges.version(max, le)),
    "semver_range": Operator(operands.version_range, judges.version(list, judges.in_range)),
    "cidr": Operator(operands.network, judges.in_network),
    "has_all": Operator(operands.scalar, judges.has_all, folds=True, may_be_empty=True),
    "mod": Operator(operands.integer, judges.remainder),
    "exists": Operator(operands.nothing, judges.existence, may_be_empty=True),
}

# Other names that people write; the flag says whether the condition is turned around.
ALIASES: dict[str, tuple[str, bool]] = {
    "EQUALS": ("in", False),
    "NOT_EQUALS": ("in", True),
    "CONTAINS": ("contains", False),
    "GT": ("gt", False),
    "GTE": ("gte", False),
    "LT": ("lt", False),
    "LTE": ("lte", False),
    "==": ("in", False),
    "!=": ("in", True),
    ">": ("gt", False),
    ">=": ("gte", False),
    "<": ("lt", False),
    "<=": ("lte", False),
}
