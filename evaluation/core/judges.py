"""How an attribute is compared: each function makes a judge, which says yes, no, or None for what it cannot judge."""

from collections.abc import Callable
from math import isfinite
from re import compile as pattern
from typing import Any

from . import networks, semver
from .context import QueryText
from .doubles import finite_double, whole_number
from .operands import Moment, regexp
from .values import well_formed

Judge = Callable[[Any], bool | None]
TimedJudge = Callable[[int, int], bool]  # of the attribute's moment and of now, in nanoseconds

_JSON_NUMBER = pattern(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def membership(values: list[object], fold: bool) -> Judge:
    wanted = {_token(value, fold) for value in values}

    def judge(value: object) -> bool | None:
        if type(value) is str and not fold and value.isascii():
            return value in wanted
        tokens = _tokens(value, fold)
        return any(token in wanted for token in tokens) if tokens else None

    return judge


def has_all(values: list[object], fold: bool) -> Judge:
    wanted = {_token(value, fold) for value in values}

    def judge(value: object) -> bool | None:
        if not isinstance(value, list | tuple):
            return None
        return wanted <= {token for element in value for token in _tokens(element, fold)}

    return judge


def _tokens(value: object, fold: bool) -> list[object]:
    spellings = (value, value.spelled) if isinstance(value, QueryText) else (value,)
    return [token for token in (_token(spelling, fold) for spelling in spellings) if token is not None]


def _token(value: object, fold: bool) -> object:
    """One hashable thing for everything that `in` takes for equal; None for what it cannot judge.

    An integer is its decimal text, so that 7, 7.0 and "7" are one and "7.0" is another; booleans stay themselves.
    """
    if isinstance(value, str):
        if not well_formed(value):
            return None
        return value.casefold() if fold else str(value)
    if isinstance(value, bool):
        return value
    whole = whole_number(value)
    return finite_double(value) if whole is None else str(whole)


def text(holds: Callable[[str, tuple[str, ...]], bool]) -> Callable[[list[str], bool], Judge]:
    """Judges that compare a string with all the values at once."""

    def judge_for(values: list[str], fold: bool) -> Judge:
        wanted = tuple(value.casefold() if fold else value for value in values)

        def judge(value: object) -> bool | None:
            if not isinstance(value, str) or not well_formed(value):
                return None
            return holds(value.casefold() if fold else value, wanted)

        return judge

    return judge_for


def contains(whole: str, parts: tuple[str, ...]) -> bool:
    return any(part in whole for part in parts)


def matches(patterns: list[str], fold: bool) -> Judge:
    regexps = [regexp(f"(?i){written}" if fold else written) for written in patterns]

    def judge(value: object) -> bool | None:
        if not isinstance(value, str) or not well_formed(value):
            return None
        encoded = value.encode()
        return any(each.search(encoded) is not None for each in regexps)

    return judge


def number(
    bound_of: Callable[[list[float]], float], holds: Callable[[float, float], bool]
) -> Callable[[list[float], bool], Judge]:
    """Judges that compare a number, or a string in JSON number syntax, with the one value that decides."""

    def judge_for(values: list[float], fold: bool) -> Judge:
        bound = bound_of(values)

        def judge(value: object) -> bool | None:
            found = _numeric(value)
            return None if found is None else holds(found, bound)

        return judge

    return judge_for


def _numeric(value: object) -> float | None:
    if isinstance(value, str):
        return finite_double(float(value)) if _JSON_NUMBER.fullmatch(value) else None
    return finite_double(value)


def remainder(values: list[int], fold: bool) -> Judge:
    if len(values) != 2 or values[0] <= 0 or not 0 <= values[1] < values[0]:
        raise ValueError("mod takes [divisor, remainder] with divisor > 0 and 0 ≤ remainder < divisor")
    divisor, wanted = values

    def judge(value: object) -> bool | None:
        whole = whole_number(value)
        return None if whole is None else whole % divisor == wanted

    return judge


def version(
    bound_of: Callable[[list[Any]], Any], holds: Callable[[Any, Any], bool]
) -> Callable[[list[Any], bool], Judge]:
    """Judges that compare a semantic version with what all the values come to."""

    def judge_for(values: list[Any], fold: bool) -> Judge:
        bound = bound_of(values)

        def judge(value: object) -> bool | None:
            found = semver.precedence(value) if isinstance(value, str) else None
            return None if found is None else holds(found, bound)

        return judge

    return judge_for


def among(found: semver.Precedence, versions: frozenset[semver.Precedence]) -> bool:
    return found in versions


def in_range(found: semver.Precedence, ranges: list[list[semver.Interval]]) -> bool:
    return any(all(semver.within(found, interval) for interval in intervals) for intervals in ranges)


def in_network(values: list[networks.Network], fold: bool) -> Judge:
    by_host_bits: dict[tuple[int, int], set[int]] = {}
    for width, prefix, bits in values:
        by_host_bits.setdefault((width, width - prefix), set()).add(bits)

    def judge(value: object) -> bool | None:
        address = networks.address(value) if isinstance(value, str) else None
        if address is None:
            return None
        return any(width == address[0] and address[1] >> host in bits for (width, host), bits in by_host_bits.items())

    return judge


def before(values: list[Moment], fold: bool) -> TimedJudge:
    fixed, relative = _latest(values, from_now=False), _latest(values, from_now=True)
    return lambda moment, now: (
        (fixed is not None and moment < fixed) or (relative is not None and moment < now + relative)
    )


def after(values: list[Moment], fold: bool) -> TimedJudge:
    fixed, relative = _earliest(values, from_now=False), _earliest(values, from_now=True)
    return lambda moment, now: (
        (fixed is not None and moment > fixed) or (relative is not None and moment > now + relative)
    )


def _latest(values: list[Moment], *, from_now: bool) -> int | None:
    return max((value.nanoseconds for value in values if value.from_now is from_now), default=None)


def _earliest(values: list[Moment], *, from_now: bool) -> int | None:
    return min((value.nanoseconds for value in values if value.from_now is from_now), default=None)


def existence(values: list[None], fold: bool) -> Judge:
    return lambda value: value is not None and not (isinstance(value, float) and not isfinite(value))
