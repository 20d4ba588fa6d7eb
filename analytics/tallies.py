"""What happened in a stretch of time, as numbers that add up: of one batch, of a minute, of an hour, of a day.

A tally is a document of nested objects with whole numbers at their ends, so that two are added member by member:

    {"counts": {"new-checkout": {"on": {"SPLIT": 1200}}}, "durations": {"171": 18}, "cache": {"fresh": 1200},
     "unknown": {"old-banner": 4}, "askers": {"old-banner": {"server": {"flagforge-python": 4}}},
     "requests": {"new-checkout": {"on": 500}}, "errors": {"new-checkout": {"on": 2}},
     "exposures": {"new-checkout": {"on": 3}}, "events": {"purchase": 3}, "breaker": {"open": 1},
     "turns": {"1795773605": {"shop/web-3": {"open": 1}}},
     "sdks": {"flagforge-python": {"1.0.0": {"shop": 1}}}, "batches": {"server": 1}, "left_out": {"unknown": 7}}

`durations` are the buckets of a DDSketch (`evaluation.sdk.telemetry.sketch`), so what is read out of any sum of them is within
2 %. `turns` are what circuit breakers did, by second (since 1970) and by the application and instance in which they did it.
`askers` says with which kind of key unknown flags were asked for, and by which SDKs, as far as there is room. `sdks` and
`batches` count batches, by who sent them and with which kind of key.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evaluation.core.instants import instant
from evaluation.sdk.telemetry.sketch import GAMMA

Tally = dict[str, Any]

# Anybody may make up names with a client key. So many different ones of a kind are counted each; more are counted together.
MOST_NAMES = {
    "counts": 10_000,
    "unknown": 1_000,
    "requests": 10_000,
    "errors": 10_000,
    "exposures": 10_000,
    "turns": 200,
}
MOST_OTHERS = 1_000
# Below the first name: variants, reasons, versions.
MOST_BELOW = 200
MOST_ASKERS = 5
LEFT_OUT = "left_out"
ASKERS = "askers"


def of_batch(document: Mapping[str, Any], key_kind: str) -> Tally:
    """The tally of one batch as it was kept (`evaluation.wire.telemetry.Batch.document`)."""
    tally: Tally = {}
    for path, number in _numbers(document):
        _count(tally, path, number)
    sdk = document["sdk"]
    for key, number in document.get("unknown_flags", {}).items():
        _count(tally, (ASKERS, key, key_kind, sdk["name"]), number)
    _count(tally, ("sdks", sdk["name"], sdk.get("version", ""), sdk.get("application", "")), 1)
    _count(tally, ("batches", key_kind), 1)
    return tally


def _numbers(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], int]]:
    sender = "/".join(document["sdk"].get(name, "") for name in ("application", "instance"))
    for each in document.get("counts", ()):
        yield ("counts", each["flag"], each["variant"], each["reason"]), each["n"]
    for each in document.get("errors", ()):
        yield ("requests", each["flag"], each["variant"]), each["requests"]
        yield ("errors", each["flag"], each["variant"]), each["errors"]
    for each in document.get("exposures", ()):
        yield ("exposures", each["flag"], each["variant"]), 1
    for each in document.get("events", ()):
        yield ("events", each["event"]), 1
    for each in document.get("breaker", ()):
        yield ("breaker", each["to"]), 1
        yield ("turns", str((instant(each["at"]) or 0) // 10**9), sender, each["to"]), 1
    for name in ("cache", "unknown_flags"):
        for key, number in document.get(name, {}).items():
            yield (name.removesuffix("_flags"), key), number
    yield from ((("durations", bucket), number) for bucket, number in _durations(document))


def _durations(document: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The buckets of the sketch; none where it is of another kind than ours, which could not be added."""
    try:
        sketch = json.loads(base64.b64decode(document["latency"]["sketch"]))
        if abs(sketch["gamma"] - GAMMA) < 1e-9:
            buckets = [(str(int(bucket)), number) for bucket, number in sketch["buckets"].items()]
            yield from (each for each in buckets if type(each[1]) is int and each[1] > 0)
    except (KeyError, TypeError, ValueError, AttributeError):
        return


def _count(tally: Tally, path: tuple[str, ...], number: int) -> None:
    if number:
        branch, *names, last = path
        at = tally.setdefault(branch, {})
        for name in names:
            at = at.setdefault(name, {})
        at[last] = at.get(last, 0) + number


def add(into: Tally, more: Mapping[str, Any]) -> None:
    """Add all numbers of `more`; names that are one too many are counted together, under `left_out`."""
    for branch, members in more.items():
        _add(into, into.setdefault(branch, {}), members, branch, MOST_NAMES.get(branch, MOST_OTHERS))


def _add(tally: Tally, at: dict[str, Any], members: Mapping[str, Any], branch: str, most: int) -> None:
    for name, more in members.items():
        if name not in at and len(at) >= most:
            if branch == ASKERS:
                continue  # counted without them, as unknown
            left_out = tally.setdefault(LEFT_OUT, {})
            left_out[branch] = left_out.get(branch, 0) + total(more)
        elif isinstance(more, int):
            at[name] = at.get(name, 0) + more
        else:
            _add(tally, at.setdefault(name, {}), more, branch, MOST_ASKERS if branch == ASKERS else MOST_BELOW)


def of_flag(tally: Mapping[str, Any], flag: str) -> Tally:
    """What is told of one flag, as the parts of a tally that name flags have it."""
    named = {branch: tally.get(branch, {}) for branch in ("counts", "requests", "errors", "exposures")}
    return {branch: {flag: members[flag]} for branch, members in named.items() if flag in members}


def summed(tallies: Iterable[Mapping[str, Any]]) -> Tally:
    whole: Tally = {}
    for each in tallies:
        add(whole, each)
    return whole


def total(part: Any) -> int:
    """Of all numbers at or below this point; 0 for nothing."""
    return part if isinstance(part, int) else sum(map(total, (part or {}).values()))


def pressed(tally: Mapping[str, Any]) -> bytes:
    """As it is stored: JSON, zlib-compressed; nothing for an empty tally."""
    return zlib.compress(json.dumps(tally, separators=(",", ":"), sort_keys=True).encode(), 6) if tally else b""


def unpressed(content: bytes) -> Tally:
    tally: Tally = json.loads(zlib.decompress(content)) if content else {}
    return tally
