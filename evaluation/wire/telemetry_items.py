"""What a batch of telemetry may hold, item by item: the members of each, and how many there may be."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, NamedTuple

from .members import Check, Wrong, integer, members, moment, number, one_of, text
from .observed import observed_context

MOST_SKETCH_CHARACTERS = 100_000
# Of an event; the squares of so many as a table has room for still add up to a double.
LARGEST_VALUE = 10**15
# How an application hears of changes. Whoever streams is counted by the stream.
MODES = ("streaming", "long-polling", "polling", "offline")
KEY, VARIANT, SUBJECT = text(200), text(200, shortest=0), text(256)


class Kind(NamedTuple):
    """A list of items, of which a batch may have so many."""

    most: int
    check: Check


def _sketch(value: Any) -> str:
    written: str = _TEXT_OF_SKETCH(value)
    try:
        b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        raise Wrong("must be base64") from None
    return written


def _event_value(value: Any) -> int | float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and abs(value) > LARGEST_VALUE:
        raise Wrong(f"must be a number from {-LARGEST_VALUE:,} to {LARGEST_VALUE:,}")
    return number(value)


def _failures(value: Any) -> dict[str, Any]:
    kept: dict[str, Any] = _FAILURES(value)
    if kept["errors"] > kept["requests"]:
        raise Wrong("must be at most the number of requests", "errors")
    return kept


def counted_by_name(check: Check) -> Check:
    """For a member of an object: its name and its value together."""

    def both(member: Any) -> tuple[str, Any]:
        name, value = member
        return KEY(name), check(value)

    return both


_TEXT_OF_SKETCH = text(MOST_SKETCH_CHARACTERS)
_FAILURES = members({"flag": KEY, "variant": VARIANT, "requests": integer(), "errors": integer()})

ENVELOPE: Mapping[str, Check] = {
    "batch": text(64, form="[A-Za-z0-9._:-]+"),
    "sdk": members(
        {"name": text(100)},
        {"version": text(100), "application": text(200), "instance": text(200), "mode": one_of(*MODES)},
    ),
    "from": moment,
    "to": moment,
    "manifest": integer(),
}
MAY_BE_MISSING = {"manifest"}
LISTS: Mapping[str, Kind] = {
    "counts": Kind(
        5_000,
        members(
            {"flag": KEY, "variant": VARIANT, "reason": text(40), "n": integer(at_least=1)}, {"version": integer()}
        ),
    ),
    "breaker": Kind(1_000, members({"at": moment, "to": one_of("closed", "open", "half-open")})),
    "exposures": Kind(
        5_000, members({"flag": KEY, "variant": VARIANT, "subject": SUBJECT, "at": moment}, {"rule": KEY})
    ),
    "events": Kind(5_000, members({"event": KEY, "subject": SUBJECT, "at": moment}, {"value": _event_value})),
    "contexts": Kind(100, observed_context),
    "errors": Kind(1_000, _failures),
}
# An object whose every member is an item.
MAPS: Mapping[str, Kind] = {"unknown_flags": Kind(1_000, integer(at_least=1))}
# One item each.
SINGLE: Mapping[str, Check] = {
    "latency": members({"unit": one_of("ns"), "sketch": _sketch}),
    "cache": members({}, {name: integer() for name in ("fresh", "stale", "expired", "miss")}),
}
