"""The operators: one row each, from how a value is read to how an attribute is judged."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

from . import judges, operands
from .judges import Comparison


@dataclass(frozen=True, slots=True)
class Operator:
    """One row.

    `read` turns one written value into what is compared, or raises ValueError saying what is allowed; `operand` makes
    one thing of all of them, or raises ValueError where they do not fit together; `compare` holds an attribute against
    it. `ignoring_case` stands in for these two where case is ignored; None: this operator compares no letters.
    A `timed` operator compares moments: the attribute's and now with the operand.
    """

    read: Callable[[object], Any]
    operand: Callable[[list[Any]], Any]
    compare: Callable[..., bool | None]
    ignoring_case: tuple[Callable[[list[Any]], Any], Comparison] | None = None
    may_be_empty: bool = False  # whether no values at all mean something
    timed: bool = False
    of_versions: Callable[[Any, Any], bool] | None = None  # what `compare` does with a version and the operand

    @property
    def folds(self) -> bool:
        """Whether it takes ignore_case."""
        return self.ignoring_case is not None

    def prepared(self, values: list[Any], ignore_case: bool) -> tuple[Callable[..., bool | None], Any]:
        """The comparison and the operand for these values; raises ValueError where they do not fit together."""
        operand, compare = self.ignoring_case if ignore_case and self.ignoring_case else (self.operand, self.compare)
        return compare, operand(values)

    def judge(self, values: list[Any], ignore_case: bool) -> Callable[..., Any]:
        """What says yes, no or None (cannot judge) of an attribute, or of a moment and now, for these values."""
        compare, operand = self.prepared(values, ignore_case)
        return lambda *asked: compare(*asked, operand)


def _folding(
    read: Callable[[object], Any],
    operand: Callable[[list[Any]], Any],
    compare: Comparison,
    *,
    may_be_empty: bool = False,
) -> Operator:
    """A row that sees texts without their case where case is ignored."""

    def folded(values: list[Any]) -> Any:
        return operand([judges.folded(value) for value in values])

    return Operator(read, operand, compare, (folded, judges.ignoring_case(compare)), may_be_empty)


def _of_versions(
    operand: Callable[[list[Any]], Any], holds: Callable[[Any, Any], bool], read: Callable[[object], Any] | None = None
) -> Operator:
    return Operator(read or operands.version, operand, judges.version(holds), of_versions=holds)


# "Any of the values" is a comparison with the least or the greatest of them.
OPERATORS: dict[str, Operator] = {
    "in": _folding(operands.scalar, judges.tokens, judges.among, may_be_empty=True),
    "contains": _folding(operands.text, tuple, judges.text(judges.containing)),
    "starts_with": _folding(operands.text, tuple, judges.text(str.startswith)),
    "ends_with": _folding(operands.text, tuple, judges.text(str.endswith)),
    "matches": Operator(
        operands.pattern, judges.regexps, judges.matching, (judges.regexps_ignoring_case, judges.matching)
    ),
    "gt": Operator(operands.number, min, judges.number(gt)),
    "gte": Operator(operands.number, min, judges.number(ge)),
    "lt": Operator(operands.number, max, judges.number(lt)),
    "lte": Operator(operands.number, max, judges.number(le)),
    "before": Operator(operands.moment, judges.latest, judges.before, timed=True),
    "after": Operator(operands.moment, judges.earliest, judges.after, timed=True),
    "semver_eq": _of_versions(frozenset, judges.one_of),
    "semver_gt": _of_versions(min, gt),
    "semver_gte": _of_versions(min, ge),
    "semver_lt": _of_versions(max, lt),
    "semver_lte": _of_versions(max, le),
    "semver_range": _of_versions(tuple, judges.in_range, operands.version_range),
    "cidr": Operator(operands.network, judges.by_host_bits, judges.in_network),
    "has_all": _folding(operands.scalar, judges.all_tokens, judges.holding_all, may_be_empty=True),
    "mod": Operator(operands.integer, judges.divisor_and_remainder, judges.leaving),
    "exists": Operator(operands.nothing, judges.nothing, judges.existing, may_be_empty=True),
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
