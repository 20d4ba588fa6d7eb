"""A segment as plain data."""

from typing import Any

from evaluation.core.parse import parse_segment as parse_membership
from flags.documents.report import Report, checked, members_of
from flags.documents.texts import READERS
from flags.models import Segment

# What a whole body leaves out; the name stays.
SEGMENT_DEFAULTS: dict[str, Any] = {"included": [], "excluded": [], "rules": []}
MEMBERSHIP = tuple(SEGMENT_DEFAULTS)
MEMBERS = ("key", "name", *MEMBERSHIP)


def parse_segment(body: object) -> dict[str, Any]:
    """The columns of a new segment. Raises Invalid with the path of each fault."""
    report = Report()
    members = members_of(body, MEMBERS, report)
    if "key" not in members:
        report.add("key", "missing: every segment needs a key")
    texts = _texts(members, report)
    report.settle()
    return {"name": texts["key"]} | texts | _membership(members)


def parse_segment_changes(segment: Segment, body: object) -> dict[str, Any]:
    """The columns that a partial body gives a segment; the key may be repeated but never changes."""
    report = Report()
    members = members_of(body, MEMBERS, report)
    texts = _texts(members, report)
    if texts.pop("key", segment.key) != segment.key:
        report.add("key", f'the key stays "{segment.key}": a segment is never renamed')
    report.settle()
    return texts | _membership(membership_of(segment) | members)


def membership_of(segment: Segment) -> dict[str, Any]:
    return {name: getattr(segment, name) for name in MEMBERSHIP}


def segment_document(segment: Segment) -> dict[str, Any]:
    """The answer of the management API."""
    return {"key": segment.key, "name": segment.name} | membership_of(segment) | {"version": segment.version}


def _texts(members: dict[str, Any], report: Report) -> dict[str, Any]:
    return {name: READERS[name](members[name], name, report) for name in ("key", "name") if name in members}


def _membership(members: dict[str, Any]) -> dict[str, Any]:
    parsed = checked(parse_membership, {name: members[name] for name in MEMBERSHIP if name in members})
    return {name: parsed[name] for name in MEMBERSHIP}
