"""What became of a thing over time, from its history, for reading."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

MOST_SHOWN = 200
WORDS = {"+": "made", "~": "changed", "-": "removed"}
# They change with every save, or say what the row says already.
UNTOLD = {"id", "updated_at", "updated_by_name", "version", "created_at", "organization_id"}


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One save: when, by whom, why, and what was different from the save before."""

    at: datetime
    by: str
    what: str
    why: str
    version: int | None
    changes: tuple[Change, ...]


def entries_of(thing: Model) -> list[Entry]:
    """The newest first, in one query; at most 200."""
    rows = list(_rows(thing)[: MOST_SHOWN + 1])
    earlier: list[Any] = [*rows[1:], None]
    return [_entry(row, before) for row, before in zip(rows, earlier, strict=False)][:MOST_SHOWN]


def _rows(thing: Any) -> Any:
    rows = type(thing).history.filter(id=thing.pk)
    return rows.select_related("history_user").order_by("-history_date", "-history_id")


def _entry(row: Any, before: Any) -> Entry:
    return Entry(
        at=row.history_date,
        by=str(row.history_user) if row.history_user else "the system",
        what=WORDS[row.history_type],
        why=row.history_change_reason or "",
        version=getattr(row, "version", None),
        changes=tuple(_changes(row, before)) if before is not None else (),
    )


def _changes(row: Any, before: Any) -> Sequence[Change]:
    names = [field.attname for field in row.tracked_fields if field.attname not in UNTOLD]
    pairs = [(name, getattr(before, name), getattr(row, name)) for name in names]
    return [Change(name.removesuffix("_id"), _text(old), _text(new)) for name, old, new in pairs if old != new]


def _text(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
