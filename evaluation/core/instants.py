"""Moments in time as integer nanoseconds since 1970: RFC 3339, epoch milliseconds, and offsets from now."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from math import floor

from .doubles import finite_double

_SECOND = 1_000_000_000
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAYS_IN_400_YEARS = 146_097

_RFC_3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_OFFSET = re.compile(r"([+-])(0|[1-9][0-9]{0,8})([smhdw])")


def instant(value: object) -> int | None:
    """The moment that an RFC 3339 text or a number of epoch milliseconds names; None if it names none."""
    if isinstance(value, str):
        return _from_text(value)
    milliseconds = finite_double(value)
    return None if milliseconds is None else _from_milliseconds(milliseconds)


def offset(text: str) -> int | None:
    """Nanoseconds from now in `-7d` or `+30m` (units s m h d w, m = minutes); None if the text is no offset."""
    found = _OFFSET.fullmatch(text)
    if not found:
        return None
    sign, amount, unit = found.groups()
    return int(sign + amount) * _UNITS[unit] * _SECOND


def clock(now: datetime) -> int:
    """The moment of a timezone-aware datetime; a naive one raises TypeError."""
    passed = now - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * _SECOND + passed.microseconds * 1_000


def _from_text(text: str) -> int | None:
    found = _RFC_3339.fullmatch(text)
    day = _day(*found.group(1, 2, 3)) if found else None
    if found is None or day is None:
        return None
    hour, minute, second, fraction, sign, east_hours, east_minutes = found.groups()[3:]
    seconds = ((day * 24 + int(hour)) * 60 + int(minute)) * 60 + int(second)
    if sign:
        seconds -= int(sign + "1") * (int(east_hours) * 60 + int(east_minutes)) * 60
    return seconds * _SECOND + int((fraction or "").ljust(9, "0"))


@lru_cache(maxsize=512)
def _day(year: str, month: str, day: str) -> int | None:
    # RFC 3339 has a year 0, Python has not; the calendar repeats itself every 400 years.
    shift = _DAYS_IN_400_YEARS if year == "0000" else 0
    try:
        ordinal = date(int(year) or 400, int(month), int(day)).toordinal()
    except ValueError:
        return None
    return ordinal - shift - _EPOCH_DAY


def _from_milliseconds(number: float) -> int:
    whole = floor(number)
    return whole * 1_000_000 + floor((number - whole) * 1_000_000)
