"""Contexts that try out what a manifest says: some of anybody, and one for each value that its rules ask about."""

from collections.abc import Iterator, Mapping
from typing import Any

ANYBODY = 20
MOST = 300


def golden_contexts(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same for the same manifest, in any order of its members."""
    found: list[dict[str, Any]] = [{"targetingKey": f"golden-{number}"} for number in range(ANYBODY)]
    asked = sorted(set(_asked(document)), key=repr)
    found += [{"targetingKey": f"golden-{index}", name: value} for index, (name, value) in enumerate(asked)]
    return found[:MOST]


def _asked(thing: Any) -> Iterator[tuple[str, Any]]:
    """Attributes with each value that some condition names."""
    if isinstance(thing, Mapping):
        name = thing.get("attribute")
        if isinstance(name, str):
            yield from ((name, value) for value in thing.get("values", ()) if isinstance(value, str | int | float))
        for each in thing.values():
            yield from _asked(each)
    elif isinstance(thing, list):
        for each in thing:
            yield from _asked(each)
