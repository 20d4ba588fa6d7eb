"""The audit log as a file: NDJSON with all that the hashes cover, or CSV for spreadsheets; never whole in memory."""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from tenants.audit.recording import entry_of
from tenants.chain.entries import Entry, entry_document
from tenants.models import AuditEvent

FORMATS = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
HEADINGS = (
    *("position", "at", "actor_kind", "actor_id", "actor_name", "verb", "object_type", "object_id", "object_name"),
    *("project", "environment", "before", "after", "comment", "request_id", "ip", "id", "hash"),
)
# A spreadsheet would take what begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines_of(events: Iterable[AuditEvent], kind: str) -> Iterator[str]:
    """A line at a time; `kind` is one of FORMATS."""
    if kind == "csv":
        yield _row(HEADINGS)
    for event in events:
        entry = entry_of(event)
        yield _row(_cells(entry)) if kind == "csv" else f"{json.dumps(entry_document(entry))}\n"


def _cells(entry: Entry) -> list[object]:
    names = {"project": "project_id", "environment": "environment_id"}
    return [_cell(getattr(entry, names.get(name, name)), name) for name in HEADINGS]


def _cell(value: object, name: str) -> object:
    if name in ("before", "after"):
        return "" if value is None else json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _row(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
