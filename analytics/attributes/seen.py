"""What was seen of one attribute, as a document of bounded size to which contexts are added one by one.

    {"contexts": 1200, "kinds": {"server": 1200}, "types": {"string": 1198, "number": 2},
     "values": {"\\"IN\\"": [700, 0, 739947], "#9f86d081884c7d65": [12, 3, 739940]}, "least": [17, 93, …], "is_full": false}

A value stands under a token: its JSON where it is known, `#` and a hash where it is only counted. `values` is a Space-Saving
summary (Metwally, Agrawal, El Abbadi 2005): what is as frequent as 1 in `MOST_VALUES` is there for certain, and each value has
its count, by how much it may be too high, and the day (as an ordinal) on which it was seen last; `is_full` once one was pushed
out by another. `least` are the smallest 64-bit hashes of the values (KMV, Bar-Yossef et al. 2002), from which the number of
different ones is then estimated within some 12 %.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Seen = dict[str, Any]

MOST_VALUES = 50
MOST_LEAST = 64
HASHED = "#"
_ALL_HASHES = 2**64


class Value(NamedTuple):
    """`text` is None for a value that is only counted; `share` is its part (0 … 1) of the contexts with a value that was told."""

    token: str
    value: Any
    is_known: bool
    times: int
    share: float


def token_of(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def add(seen: Seen, *, kind: str, type_: str, token: str | None, hash_: str | None, day: int) -> None:
    """One context had the attribute; without a token its value was not told. `hash_` is the value's, as 16 digits."""
    seen["contexts"] = seen.get("contexts", 0) + 1
    for name, key in (("kinds", kind), ("types", type_)):
        counts = seen.setdefault(name, {})
        counts[key] = counts.get(key, 0) + 1
    if token is not None and hash_ is not None:
        _count(seen, seen.setdefault("values", {}), token, day)
        _note(seen.setdefault("least", []), int(hash_, 16))


def _count(seen: Seen, values: dict[str, list[int]], token: str, day: int) -> None:
    if token in values:
        count, over, last = values[token]
        values[token] = [count + 1, over, max(day, last)]
    elif len(values) < MOST_VALUES:
        values[token] = [1, 0, day]
    else:
        rarest = min(values, key=lambda each: (values[each][0], each))
        least = values.pop(rarest)[0]
        seen["is_full"] = True
        values[token] = [least + 1, least, day]


def _note(least: list[int], number: int) -> None:
    if number not in least and (len(least) < MOST_LEAST or number < least[-1]):
        least.append(number)
        least.sort()
        del least[MOST_LEAST:]


def distinct(seen: Mapping[str, Any]) -> int:
    """How many different values were told: exact as long as all of them are kept, then an estimate."""
    least = seen.get("least", [])
    if has_all_values(seen):
        return len(seen.get("values", {}))
    if len(least) < MOST_LEAST:
        return len(least)
    return round((MOST_LEAST - 1) * _ALL_HASHES / max(1, int(least[-1])))


def values(seen: Mapping[str, Any]) -> list[Value]:
    """The most frequent first."""
    ordered = sorted(seen.get("values", {}).items(), key=lambda each: (-each[1][0], each[0]))
    total = sum(count for _, (count, _, _) in ordered) or 1
    return [_value(token, count, total) for token, (count, _, _) in ordered]


def _value(token: str, count: int, total: int) -> Value:
    is_known = not token.startswith(HASHED)
    return Value(token, json.loads(token) if is_known else None, is_known, count, count / total)


def has_all_values(seen: Mapping[str, Any]) -> bool:
    """Whether no value was ever pushed out by another, so that what is not here was not seen."""
    return not seen.get("is_full", False)


def merged(parts: Iterable[Mapping[str, Any]]) -> Seen:
    """What several environments saw, together."""
    whole: Seen = {}
    for part in parts:
        whole["contexts"] = whole.get("contexts", 0) + part.get("contexts", 0)
        for name in ("kinds", "types"):
            counts = whole.setdefault(name, {})
            for key, count in part.get(name, {}).items():
                counts[key] = counts.get(key, 0) + count
        for token, (count, over, day) in part.get("values", {}).items():
            had = whole.setdefault("values", {}).get(token, [0, 0, 0])
            whole["values"][token] = [had[0] + count, had[1] + over, max(had[2], day)]
        whole["least"] = sorted({*whole.get("least", []), *part.get("least", [])})[:MOST_LEAST]
        whole["is_full"] = whole.get("is_full", False) or part.get("is_full", False)
    return whole


def without_old(seen: Seen, before: int) -> Seen:
    """The same without values that nobody had since that day (an ordinal)."""
    kept = {token: each for token, each in seen.get("values", {}).items() if each[2] >= before}
    return seen | {"values": kept}
