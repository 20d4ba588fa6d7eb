"""Texts that people typed, read: a context as JSON, a draft as JSON or as rules; what is wrong stays beside its input."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluation.core.context import Context, context_from
from evaluation.core.values import InvalidJson, loads, quoted
from evaluation.dashboard.playground.setup import TypedContext, TypedDraft
from evaluation.playground import RULES_TEXT
from tenants.moments import moment_named

# What Python's reader of JSON says, and how it reads for people.
COMPLAINTS = {
    "Expecting value": "a value is missing here",
    "Expecting ',' delimiter": "a comma is missing before this",
    "Expecting ':' delimiter": "a colon is missing after the name",
    "Expecting property name enclosed in double quotes": "a name in double quotes belongs here",
    "Unterminated string starting at": "this text has no closing quote",
    "Invalid control character at": "a line break or tab inside a text is written \\n or \\t",
    "Invalid \\escape": "a backslash is written \\\\",
    "Extra data": "one object is enough; this stands behind it",
}
COMMA_BEFORE = re.compile(r",\s*\Z")


class Unreadable(ValueError):
    """A text that means nothing; `str()` says where and why."""


@dataclass(frozen=True, slots=True)
class ReadContext:
    """A column of the matrix. `fault` is beside the input; then `context` is what could be read before, if anything."""

    index: int
    typed: TypedContext
    context: Context | None
    fault: str = ""

    @property
    def name(self) -> str:
        return self.typed.name or f"Context {self.index + 1}"

    @property
    def kept(self) -> str:
        return self.typed.kept if self.fault else self.typed.text

    @property
    def key(self) -> str | None:
        return self.context.key if self.context else None

    @property
    def about(self) -> str:
        """Its first plain attributes, for the head of its column."""
        attributes = self.context.attributes if self.context else {}
        plain = [value for name, value in attributes.items() if name != "targetingKey" and _is_plain(value)]
        return ", ".join(map(str, plain[:3]))


def read_context(index: int, typed: TypedContext) -> ReadContext:
    try:
        return ReadContext(index, typed, context_from(read_object(typed.text)))
    except Unreadable as error:
        return ReadContext(index, typed, _context_before(typed.kept), str(error))


def _context_before(text: str) -> Context | None:
    try:
        return context_from(read_object(text))
    except Unreadable:
        return None


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def read_object(text: str) -> dict[str, Any]:
    """The JSON object that was typed; raises Unreadable with line and column."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(_located(error)) from None
    except RecursionError:
        pass  # said better below
    try:
        value = loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except InvalidJson as error:
        raise Unreadable(f"This cannot be read: {error}.") from None
    except UnicodeEncodeError:
        raise Unreadable("This holds half of a surrogate pair, as in \\ud800, which is no character.") from None
    if not isinstance(value, dict):
        raise Unreadable(f'This is {quoted(value)}; write an object, as {{"targetingKey": "user-42"}}.')
    return value


def _located(error: json.JSONDecodeError) -> str:
    if not error.doc.strip():
        return "Nothing is typed here; {} is a context without attributes."
    closing = error.doc[error.pos : error.pos + 1]
    comma = COMMA_BEFORE.search(error.doc, 0, error.pos) if closing in ("}", "]") else None
    if comma:
        error = json.JSONDecodeError(f"a comma before {closing} is not JSON", error.doc, comma.start())
    return f"Line {error.lineno}, column {error.colno}: {COMPLAINTS.get(error.msg, error.msg)}."


def read_draft(typed: TypedDraft) -> dict[str, Any]:
    """The members of a state that the draft says: an object is JSON, anything else are rules. Raises Unreadable."""
    return read_object(typed.text) if typed.text.lstrip().startswith("{") else {RULES_TEXT: typed.text}


def read_moment(text: str, now: datetime) -> datetime:
    """The clock of the evaluation: `now`, or what was typed; raises Unreadable."""
    if text.strip() in ("", "now"):
        return now
    moment = moment_named(text.strip())
    if moment is None:
        raise Unreadable("Write now, or a moment with its offset: 2026-12-26T10:00:00Z.")
    return moment
