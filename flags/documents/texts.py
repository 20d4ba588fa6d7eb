"""Readers for the members of flags and segments that people read: each returns the clean value or reports faults."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from evaluation.core.values import inside, quoted
from flags.documents.report import Report, hint
from flags.models import Flag

MOST_TAGS = 50
LONGEST_TAG = 50
MOST_METADATA = 50
# The evaluator writes these into an answer's metadata itself.
RESERVED_METADATA = ("enabled", "prerequisite", "rule")

Reader = Callable[[Any, str, Report], Any]


def key(value: Any, path: str, report: Report) -> Any:
    return report.key(value, path, "key")


def text(longest: int, *, may_be_empty: bool = False, is_one_line: bool = True) -> Reader:
    def read(value: Any, path: str, report: Report) -> Any:
        if not isinstance(value, str):
            report.add(path, f"{quoted(value)} is not a text")
        elif len(value) > longest:
            report.add(path, f"at most {longest:,} characters are allowed, these are {len(value):,}")
        elif not may_be_empty and not value.strip():
            report.add(path, "must not be empty")
        elif is_one_line and any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in value):
            report.add(path, "line breaks and control characters are not allowed here")
        return value

    return read


def boolean(value: Any, path: str, report: Report) -> Any:
    return report.boolean(value, path)


def kind(value: Any, path: str, report: Report) -> Any:
    if value not in Flag.Kind.values:
        report.add(path, f"there is no kind {quoted(value)}{hint(str(value), Flag.Kind.values)}")
    return value


def tags(value: Any, path: str, report: Report) -> Any:
    read = text(LONGEST_TAG)
    found = report.elements_of(value, path, MOST_TAGS, "texts")
    for index, tag in enumerate(found):
        read(tag, inside(path, index), report)
        if tag in found[:index]:
            report.add(inside(path, index), f"{quoted(tag)} is in the list already")
    return found


def owner(value: Any, path: str, report: Report) -> Any:
    """An e-mail address, or None."""
    try:
        if value is not None:
            validate_email(value if isinstance(value, str) else "")
    except ValidationError:
        report.add(path, f"{quoted(value)} is not an e-mail address; write that of a member, or null")
    return value


def metadata(value: Any, path: str, report: Report) -> Any:
    if not isinstance(value, dict) or len(value) > MOST_METADATA:
        report.add(path, f"metadata is an object of at most {MOST_METADATA} members")
        return value
    for name, member in value.items():
        if name in RESERVED_METADATA:
            report.add(inside(path, name), "this name is taken: every evaluation writes it itself")
        elif not isinstance(member, bool | int | float | str):
            report.add(inside(path, name), f"{quoted(member)} is not a boolean, a number or a text: metadata is flat")
    return value


READERS: dict[str, Reader] = {
    "key": key,
    "name": text(200),
    "description": text(10_000, may_be_empty=True, is_one_line=False),
    "kind": kind,
    "tags": tags,
    "owner": owner,
    "is_permanent": boolean,
    "client_visible": boolean,
    "salt": text(100),
    "metadata": metadata,
}
