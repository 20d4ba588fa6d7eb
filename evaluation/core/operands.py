"""What may be written as a condition's values: each reader returns what is compared, or raises ValueError."""

from functools import lru_cache
from typing import Any, NamedTuple

from . import networks, semver
from .doubles import whole_number
from .instants import instant, offset
from .limits import MAX_INTEGER, MAX_PATTERN_LENGTH, MAX_SEMVER_LENGTH
from .values import quoted


class Moment(NamedTuple):
    """A moment in nanoseconds: since 1970, or from now."""

    nanoseconds: int
    from_now: bool


def scalar(value: object) -> str | bool | int | float:
    if isinstance(value, str | bool):
        return value
    if not isinstance(value, int | float):
        raise ValueError(f"{quoted(value)} is not a string, a number or a boolean")
    return number(value)


def text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{quoted(value)} is not a string of at least one character")
    return value


def number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{quoted(value)} is not a number")
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise ValueError("a number must be within ±9007199254740991 (2^53-1)")
    return value


def integer(value: object) -> int:
    whole = whole_number(value)
    if whole is None:
        raise ValueError(f"{quoted(value)} is not an integer within ±9007199254740991 (2^53-1)")
    return whole


def pattern(value: object) -> str:
    written = text(value)
    if len(written) > MAX_PATTERN_LENGTH:
        raise ValueError(f"a pattern has at most {MAX_PATTERN_LENGTH:,} characters, this one {len(written):,}")
    regexp(written)
    return written


def version(value: object) -> semver.Precedence:
    found = semver.precedence(value) if isinstance(value, str) and len(value) <= MAX_SEMVER_LENGTH else None
    if found is None:
        raise ValueError(f"{quoted(value)} is not a semantic version such as 2.4.0, v2.4 or 3.0.0-beta.1")
    return found


def version_range(value: object) -> list[semver.Interval]:
    return semver.intervals(text(value))


def network(value: object) -> networks.Network:
    return networks.network(text(value))


def moment(value: object) -> Moment:
    relative = offset(value) if isinstance(value, str) else None
    if relative is not None:
        return Moment(relative, from_now=True)
    absolute = instant(value)
    if absolute is None:
        raise ValueError(
            f"{quoted(value)} is not a moment: write RFC 3339 with an offset (2026-11-21T10:00:00Z), "
            "epoch milliseconds, or an offset from now such as -7d or +30m"
        )
    return Moment(absolute, from_now=False)


def nothing(value: object) -> None:
    raise ValueError("exists takes no values")


@lru_cache(maxsize=256)
def regexp(written: str) -> Any:
    """The compiled RE2 pattern; ValueError with RE2's own words if it is none, and where there is no RE2 at all."""
    try:
        import re2  # slow to load, and most programs have no rule that needs it
    except ImportError:
        raise ValueError("matches needs the package google-re2, which is not installed here") from None

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(written, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "unknown reason"
        words = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"RE2 cannot compile the pattern: {words}") from None
