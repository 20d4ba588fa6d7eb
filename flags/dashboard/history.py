"""The versions of a flag's state in one environment: who saved what, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from flags import documents, selectors
from flags.dashboard.words import Change, changes
from flags.models import FlagConfig


@dataclass(frozen=True, slots=True)
class Entry:
    version: int
    who: str
    at: datetime
    comment: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class History:
    """Newest first. `before` is where the older ones begin; None: there are none."""

    entries: Sequence[Entry]
    before: int | None


def history_of(config: FlagConfig, count: int, *, before: int | None = None) -> History:
    """The newest versions, or those before one, in one query."""
    rows = selectors.versions_of(config.flag, config.environment)
    if before is not None:
        rows = rows.filter(version__lt=before)
    found = list(rows[: count + 1])
    entries = [_entry(row, older) for row, older in zip_longest(found, found[1:])]
    return History(entries[:count], found[count - 1].version if len(found) > count else None)


def _entry(row: Any, older: Any) -> Entry:
    differs = changes(_body(older), _body(row)) if older is not None else []
    comment = row.history_change_reason or ""
    return Entry(row.version, row.updated_by_name or "The system", row.history_date, comment, differs)


def _body(row: Any) -> dict[str, Any]:
    return documents.config_body(row.instance)
