"""What a change changed, for reading: the members of two documents that differ."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

# More than this nobody reads in a list.
MOST = 40
LONGEST = 240


@dataclass(frozen=True, slots=True)
class Difference:
    """Where (`rules[0].serve.variant`), what stood there, and what stands there now; "" where there is nothing."""

    path: str
    before: str
    after: str


def differences(before: Any, after: Any, names: Mapping[str, str] | None = None) -> list[Difference]:
    """At most 40, in the order of the documents. `names` says how ids in them read."""
    found = _differing(before if before is not None else {}, after if after is not None else {}, "")
    told = (Difference(path, _text(old, names or {}), _text(new, names or {})) for path, old, new in found)
    return list(islice((one for one in told if one.before != one.after), MOST))


def _differing(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from _differing(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for position, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differing(old, new, f"{path}[{position}]")
    elif before != after:
        yield path, before, after


def _text(value: Any, names: Mapping[str, str]) -> str:
    if value is None or value == [] or value == {}:
        return ""
    text = names.get(value, value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
