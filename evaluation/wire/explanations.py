"""An explanation as plain data for JSON: what says nothing is left out, and what is long is cut."""

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from ..core.explain.trace import Comparison, Explanation, Trace
from ..core.model import Answer
from ..core.values import shortened
from .entries import single_entry

LONGEST_TEXT = 200
MOST_VALUES = 20
DEEPEST = 3
ELLIPSIS = "…"


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """`{"answer", "steps", "flags", "segments"}`, as docs/explain.md shows it."""
    return {
        **_trace(explanation),
        "flags": {key: _trace(trace) for key, trace in explanation.flags.items()},
        "segments": {key: _shown(membership) for key, membership in explanation.segments.items()},
    }


def answer_document(answer: Answer) -> dict[str, Any]:
    """The same members that the SDK API writes, the key first."""
    members: dict[str, Any] = json.loads(single_entry(answer))
    return members


def moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def glimpse(value: object, deepest: int = DEEPEST) -> object:
    """The value, cut where it is long or deep; whatever a context holds, this can be written as JSON."""
    if isinstance(value, str):
        return shortened(value, LONGEST_TEXT).encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, dict | list | tuple) and not deepest:
        return ELLIPSIS
    if isinstance(value, list | tuple):
        return [glimpse(each, deepest - 1) for each in value[:MOST_VALUES]] + [ELLIPSIS] * (len(value) > MOST_VALUES)
    if isinstance(value, dict):
        shown = {str(glimpse(name)): glimpse(each, deepest - 1) for name, each in [*value.items()][:MOST_VALUES]}
        return shown | ({ELLIPSIS: ELLIPSIS} if len(value) > MOST_VALUES else {})
    return value


def _trace(trace: Trace) -> dict[str, Any]:
    return {"answer": answer_document(trace.answer), "steps": _shown(trace.steps)}


def _shown(part: Any) -> Any:
    if isinstance(part, tuple):
        return [_shown(each) for each in part]
    if not is_dataclass(part):
        return part
    members = {field.name: getattr(part, field.name) for field in fields(part)}
    if isinstance(part, Comparison):
        members |= {"values": glimpse(part.values), "saw": glimpse(part.saw)}
    return {name: _shown(value) for name, value in members.items() if _says_something(name, value)}


def _says_something(name: str, value: object) -> bool:
    return not (value is None or value in ((), "") or (value is False and name in ("negate", "ignore_case")))
