"""How an attribute is compared: each comparison says yes, no, or None for what it cannot judge.

It takes the attribute's value and an operand, which is what all of a condition's values come to; the functions that make
operands stand beside their comparisons. So a condition holds data only, and no function is made for it.
"""

from collections.abc import Callable, Collection
from functools import lru_cache
from math import isfinite
from re import compile as pattern
from typing import Any, NamedTuple

from . import networks, semver
from .context import QueryText
from .doubles import finite_double, whole_number
from .limits import MAX_SEMVER_LENGTH
from .operands import Moment, regexp
from .semver import precedence
from .values import well_formed

Comparison = Callable[[Any, Any], bool | None]  # of the attribute's value and the operand
TimedComparison = Callable[
    [int, int, Any], bool
]  # of the attribute's moment and of now, in nanoseconds, and the operand
# The same with the operand in it already.
Judge = Callable[[Any], bool | None]
TimedJudge = Callable[[int, int], bool]

_JSON_NUMBER = pattern(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_FEW = 4  # a tuple of so few is searched as quickly as a set, and a quarter of its size


def ignoring_case(compare: Comparison) -> Comparison:
    """The same comparison of texts without their case; its operand is made of values without theirs."""
    return lambda value, operand: compare(folded(value), operand)


def folded(value: object) -> object:
    if isinstance(value, QueryText):
        return value.folded()
    if isinstance(value, str):
        return value.casefold()
    return [folded(element) for element in value] if isinstance(value, list | tuple) else value


def tokens(values: list[object]) -> Collection[object]:
    wanted = dict.fromkeys(map(_token, values))
    return _shared(tuple(wanted)) if len(wanted) <= _FEW else frozenset(wanted)


@lru_cache(maxsize=4096)
def _shared(few: tuple[object, ...]) -> tuple[object, ...]:
    """The same object for the same tokens: many rules of a ruleset ask for the same country."""
    return few


def all_tokens(values: list[object]) -> frozenset[object]:
    return frozenset(map(_token, values))


def among(value: object, wanted: Collection[object]) -> bool | None:
    if type(value) is str and value.isascii():
        return value in wanted
    if value is None:
        return None
    found = _tokens(value)
    return any(token in wanted for token in found) if found else None


def holding_all(value: object, wanted: frozenset[object]) -> bool | None:
    if not isinstance(value, list | tuple):
        return None
    return wanted <= {token for element in value for token in _tokens(element)}


def _tokens(value: object) -> list[object]:
    spellings = (value, value.spelled) if isinstance(value, QueryText) else (value,)
    return [token for token in map(_token, spellings) if token is not None]


def _token(value: object) -> object:
    """One hashable thing for everything that `in` takes for equal; None for what it cannot judge.

    An integer is its decimal text, so that 7, 7.0 and "7" are one and "7.0" is another; booleans stay themselves.
    """
    if isinstance(value, str):
        return str(value) if well_formed(value) else None
    if isinstance(value, bool):
        return value
    whole = whole_number(value)
    return finite_double(value) if whole is None else str(whole)


def text(holds: Callable[[str, tuple[str, ...]], bool]) -> Comparison:
    """The comparison of a string with all the values at once."""

    def compare(value: object, wanted: tuple[str, ...]) -> bool | None:
        return holds(value, wanted) if isinstance(value, str) and well_formed(value) else None

    return compare


def containing(whole: str, parts: tuple[str, ...]) -> bool:
    return any(part in whole for part in parts)


def regexps(patterns: list[str]) -> tuple[Any, ...]:
    return tuple(map(regexp, patterns))


def regexps_ignoring_case(patterns: list[str]) -> tuple[Any, ...]:
    return tuple(regexp(f"(?i){written}") for written in patterns)


def matching(value: object, wanted: tuple[Any, ...]) -> bool | None:
    if not isinstance(value, str) or not well_formed(value):
        return None
    encoded = value.encode()
    return any(each.search(encoded) is not None for each in wanted)


def number(holds: Callable[[float, float], bool]) -> Comparison:
    """The comparison of a number, or a string in JSON number syntax, with the one value that decides."""

    def compare(value: object, bound: float) -> bool | None:
        found = _numeric(value)
        return None if found is None else holds(found, bound)

    return compare


def _numeric(value: object) -> float | None:
    if isinstance(value, str):
        return finite_double(float(value)) if _JSON_NUMBER.fullmatch(value) else None
    return finite_double(value)


def divisor_and_remainder(values: list[int]) -> tuple[int, int]:
    if len(values) != 2 or values[0] <= 0 or not 0 <= values[1] < values[0]:
        raise ValueError("mod takes [divisor, remainder] with divisor > 0 and 0 ≤ remainder < divisor")
    return values[0], values[1]


def leaving(value: object, wanted: tuple[int, int]) -> bool | None:
    whole = whole_number(value)
    return None if whole is None else whole % wanted[0] == wanted[1]


def version(holds: Callable[[Any, Any], bool]) -> Comparison:
    """The comparison of a semantic version with what all the values come to."""

    def compare(value: object, bound: Any) -> bool | None:
        found = precedence(value) if isinstance(value, str) and len(value) <= MAX_SEMVER_LENGTH else None
        return None if found is None else holds(found, bound)

    return compare


def one_of(found: semver.Precedence, versions: frozenset[semver.Precedence]) -> bool:
    return found in versions


def in_range(found: semver.Precedence, ranges: tuple[list[semver.Interval], ...]) -> bool:
    return any(all(semver.within(found, interval) for interval in intervals) for intervals in ranges)


def by_host_bits(values: list[networks.Network]) -> dict[tuple[int, int], set[int]]:
    found: dict[tuple[int, int], set[int]] = {}
    for width, prefix, bits in values:
        found.setdefault((width, width - prefix), set()).add(bits)
    return found


def in_network(value: object, wanted: dict[tuple[int, int], set[int]]) -> bool | None:
    address = networks.address(value) if isinstance(value, str) else None
    if address is None:
        return None
    return any(width == address[0] and address[1] >> host in bits for (width, host), bits in wanted.items())


class Bounds(NamedTuple):
    """Of the moments since 1970 and of those from now the one that decides, in nanoseconds."""

    fixed: int | None
    from_now: int | None


def latest(values: list[Moment]) -> Bounds:
    return Bounds(_bound(max, values, from_now=False), _bound(max, values, from_now=True))


def earliest(values: list[Moment]) -> Bounds:
    return Bounds(_bound(min, values, from_now=False), _bound(min, values, from_now=True))


def _bound(choose: Callable[..., int | None], values: list[Moment], *, from_now: bool) -> int | None:
    return choose((value.nanoseconds for value in values if value.from_now is from_now), default=None)


def before(moment: int, now: int, bounds: Bounds) -> bool:
    fixed, from_now = bounds
    return (fixed is not None and moment < fixed) or (from_now is not None and moment < now + from_now)


def after(moment: int, now: int, bounds: Bounds) -> bool:
    fixed, from_now = bounds
    return (fixed is not None and moment > fixed) or (from_now is not None and moment > now + from_now)


def nothing(values: list[object]) -> None:
    return None


def existing(value: object, operand: None) -> bool:
    return value is not None and not (isinstance(value, float) and not isfinite(value))
