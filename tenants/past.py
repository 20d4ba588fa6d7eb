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
    """One save: when, by whom, why, and what was different from the save before.

    What has no version of its own counts its saves: the first is version 1.
    """

    at: datetime
    by: str
    what: str
    why: str
    version: int
    changes: tuple[Change, ...]


def entries_of(thing: Model) -> list[Entry]:
    """The newest first, at most 200; in one query, or two for what has no version of its own."""
    rows = list(_rows(thing)[: MOST_SHOWN + 1])
    earlier: list[Any] = [*rows[1:], None]
    newest = 0 if hasattr(thing, "version") else _count(thing, rows)
    return [
        _entry(row, before, newest - number)
        for number, (row, before) in enumerate(zip(rows, earlier, strict=False))
        if number < MOST_SHOWN
    ]


def find_version(thing: Model, version: int) -> Any:
    """The thing as it was in that version, not to be saved; None when there is no such version."""
    rows = _rows(thing)
    if hasattr(thing, "version"):
        row = rows.filter(version=version).first()
    else:
        row = rows.order_by("history_id")[version - 1 : version].first() if version > 0 else None
    return row.instance if row is not None else None


def _rows(thing: Any) -> Any:
    rows = type(thing).history.filter(id=thing.pk)
    return rows.select_related("history_user").order_by("-history_date", "-history_id")


def _count(thing: Any, rows: Sequence[Any]) -> int:
    return len(rows) if len(rows) <= MOST_SHOWN else int(_rows(thing).count())


def _entry(row: Any, before: Any, number: int) -> Entry:
    return Entry(
        at=row.history_date,
        by=str(row.history_user) if row.history_user else "the system",
        what=WORDS[row.history_type],
        why=row.history_change_reason or "",
        version=getattr(row, "version", number),
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
