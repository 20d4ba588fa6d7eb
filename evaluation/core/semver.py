"""Semantic versions (SemVer 2.0.0) as tuples that compare by precedence, and ranges of them."""

import re
from collections.abc import Callable
from functools import lru_cache

from .limits import MAX_SEMVER_LENGTH

# major, minor, patch, pre-release: a release is (1,), a pre-release (0, identifiers), and -1 lies below every one.
Precedence = tuple[int, int, int, tuple[object, ...]]
Interval = tuple[Precedence | None, bool, Precedence | None, bool]  # low, low included, high, high included

_NUMBER = r"(?:0|[1-9][0-9]*)"
_PRE = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"v?({_NUMBER})(?:\.({_NUMBER}))?(?:\.({_NUMBER}))?(?:-({_PRE}(?:\.{_PRE})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_COMPARATOR = re.compile(r"(\^|~|>=|<=|>|<|=)(\S+)")
_RELEASE = (1,)
_LOWEST = (-1,)


@lru_cache(maxsize=1024)
def precedence(text: str) -> Precedence | None:
    """The version as a tuple that sorts by precedence; None if the text is no version.

    Texts are remembered, so whoever asks first sees that they are not longer than MAX_SEMVER_LENGTH.
    """
    found = _VERSION.fullmatch(text)
    if not found:
        return None
    major, minor, patch, pre = found.groups()
    rank = _RELEASE if pre is None else (0, tuple(map(_identifier, pre.split("."))))
    return int(major), int(minor or 0), int(patch or 0), rank


def _identifier(text: str) -> tuple[int, int, str]:
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


def intervals(text: str) -> list[Interval]:
    """The comparators of a range (`^1.2`, `>=1 <3`), all of which must hold; raises ValueError for anything else."""
    parts = text.split(" ") if len(text) <= MAX_SEMVER_LENGTH else []
    found = [_interval(part) for part in parts if part]
    if not found:
        raise ValueError(
            f"a range is one or more of ^ ~ > >= < <= = with a version, at most {MAX_SEMVER_LENGTH} characters"
        )
    return found


def _interval(part: str) -> Interval:
    found = _COMPARATOR.fullmatch(part)
    version = precedence(found[2]) if found else None
    if found is None or version is None:
        raise ValueError(
            f'"{part}" is not part of a range: write ^1.2, ~1.2.3, >=1, >1, <3, <=3 or =1.2.0 with spaces between them'
        )
    if found[1] in "^~":
        return version, True, _next_breaking(found[1], found[2], version[:3]), False
    return _BOUNDS[found[1]](version)


def _next_breaking(sign: str, text: str, core: tuple[int, int, int]) -> Precedence:
    given = re.split(r"[-+]", text)[0].count(".") + 1
    major, minor, patch = core
    if sign == "~":
        bound = (major, minor + 1, 0) if given > 1 else (major + 1, 0, 0)
    elif major or given == 1:
        bound = (major + 1, 0, 0)
    elif minor or given == 2:
        bound = (0, minor + 1, 0)
    else:
        bound = (0, 0, patch + 1)
    return *bound, _LOWEST


def _below(version: Precedence) -> Precedence:
    # `<2` means "not yet 2", so 2.0.0-alpha is out as well; `<2.0.0-beta` says exactly what it wants.
    return (*version[:3], _LOWEST) if version[3] == _RELEASE else version


_BOUNDS: dict[str, Callable[[Precedence], Interval]] = {
    ">=": lambda version: (version, True, None, False),
    ">": lambda version: (version, False, None, False),
    "<=": lambda version: (None, False, version, True),
    "<": lambda version: (None, False, _below(version), False),
    "=": lambda version: (version, True, version, True),
}


def within(version: Precedence, interval: Interval) -> bool:
    """Whether the version lies in the interval, by precedence."""
    low, low_included, high, high_included = interval
    if low is not None and (version < low or (version == low and not low_included)):
        return False
    return high is None or version < high or (version == high and high_included)
