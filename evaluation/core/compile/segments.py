"""Segments, each read when it is first referred to."""

from collections.abc import Mapping
from typing import Any

from ..bucketing import bucketing_key
from ..limits import MAX_REFERENCE_DEPTH
from ..model import Segment
from ..references import condition_trees, depths, referenced
from ..values import quoted
from .conditions import Conditions
from .unreadable import Unreadable


class Segments:
    """The segments of one manifest, and the conditions that may name them."""

    def __init__(self, documents: Mapping[str, object]) -> None:
        self.conditions = Conditions(self.get)
        self._documents = {key: document for key, document in documents.items() if isinstance(document, dict)}
        self._depths = depths({key: _asked(document) for key, document in self._documents.items()})
        self._read: dict[str, Segment | Unreadable] = {}

    def get(self, key: object) -> Segment:
        """The segment; raises Unreadable where it, or one that it uses, is missing, in a cycle, or broken."""
        if not isinstance(key, str):
            raise Unreadable(f"{quoted(key)} is not the key of a segment")
        found = self._found(key)
        if isinstance(found, Unreadable):
            raise found
        return found

    def readable(self) -> dict[str, Segment]:
        """Every segment that can be read."""
        found = {key: self._found(key) for key in sorted(self._documents)}
        return {key: segment for key, segment in found.items() if isinstance(segment, Segment)}

    def _found(self, key: str) -> Segment | Unreadable:
        if key not in self._read:
            self._read[key] = self._attempt(key)
        return self._read[key]

    def _attempt(self, key: str) -> Segment | Unreadable:
        if key not in self._documents:
            return Unreadable(f"the segment {quoted(key)} is missing")
        if key not in self._depths:
            return Unreadable(f"the segment {quoted(key)} uses itself, directly or through others")
        if self._depths[key] > MAX_REFERENCE_DEPTH:
            return Unreadable(f"the segment {quoted(key)} uses others deeper than {MAX_REFERENCE_DEPTH}")
        try:
            return self._segment(key, self._documents[key])
        except Unreadable as error:
            return Unreadable(f"segment {key}: {error}")

    def _segment(self, key: str, document: dict[str, Any]) -> Segment:
        rules = document.get("rules", [])
        if not isinstance(rules, list):
            raise Unreadable(f"{quoted(rules)} is not a list of rules")
        return Segment(
            key=key,
            version=version(document),
            included=frozenset(keys(document.get("included", []))),
            excluded=frozenset(keys(document.get("excluded", []))),
            rules=tuple(self.conditions.check(rule).holds for rule in rules),
        )


def _asked(document: Mapping[str, Any]) -> set[str]:
    return {key for tree in condition_trees(document) for key in referenced(tree, "segment")}


def keys(values: object) -> list[str]:
    """A list of targeting keys in the form that bucketing uses."""
    if not isinstance(values, list):
        raise Unreadable(f"{quoted(values)} is not a list of targeting keys")
    found = [bucketing_key(value) for value in values]
    return [key for key in found if key is not None]


def version(document: Mapping[str, Any]) -> int:
    """The document's version; 0 where it has none."""
    written = document.get("version")
    return written if isinstance(written, int) and not isinstance(written, bool) else 0
