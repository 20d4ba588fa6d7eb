"""One segment of a manifest as frozen data."""

from collections.abc import Mapping
from typing import Any

from ..bucketing import bucketing_key
from ..model import Segment
from ..values import quoted
from .conditions import Conditions
from .unreadable import Unreadable


def read_segment(key: str, document: object, source: str | None = None) -> Segment:
    """The segment, from its document alone; one that cannot be understood here has a fault."""
    try:
        return _segment(key, document, source)
    except Unreadable as error:
        return Segment(key, source, version=0, fault=str(error))


def _segment(key: str, document: object, source: str | None) -> Segment:
    if not isinstance(document, dict):
        raise Unreadable(f"{quoted(document)} is not a segment")
    rules = document.get("rules", [])
    if not isinstance(rules, list):
        raise Unreadable(f"{quoted(rules)} is not a list of rules")
    conditions = Conditions()
    return Segment(
        key=key,
        source=source,
        version=version(document),
        included=frozenset(keys(document.get("included", []))),
        excluded=frozenset(keys(document.get("excluded", []))),
        rules=tuple(map(conditions.read, rules)),
        references=conditions.references(),
    )


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
