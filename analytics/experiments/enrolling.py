"""Which variant a subject met first, and when it met another one, whatever order that is told in and however often.

Enrolments are merged: the earlier exposure wins, and every other variant marks the switch. So any order, any grouping and any
repetition come to the same, in Python within a fold and in the database over all of them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from analytics.models import Enrolment

ROWS_AT_ONCE = 500
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

# Two folders that meet the same subject wait for each other here, row by row, always in the same order.
_MERGE = """
INSERT INTO {table} (organization_id, experiment_id, subject, variant, first_at, switched_at, is_public) VALUES {rows}
ON CONFLICT (experiment_id, subject) DO UPDATE SET
    variant = CASE WHEN (excluded.first_at, excluded.variant) < ({table}.first_at, {table}.variant)
        THEN excluded.variant ELSE {table}.variant END,
    first_at = {least}({table}.first_at, excluded.first_at),
    switched_at = NULLIF({least}(
        COALESCE({table}.switched_at, %s), COALESCE(excluded.switched_at, %s),
        CASE WHEN {table}.variant = excluded.variant THEN %s
            ELSE {greatest}({table}.first_at, excluded.first_at) END), %s),
    is_public = {table}.is_public AND excluded.is_public
WHERE excluded.first_at < {table}.first_at OR excluded.switched_at IS NOT NULL OR excluded.variant <> {table}.variant
    OR ({table}.is_public AND NOT excluded.is_public)"""


class Met(NamedTuple):
    """That a subject met a variant at a moment; `switched` is when it first met another one."""

    first: datetime
    variant: str
    switched: datetime | None
    is_public: bool


class Place(NamedTuple):
    experiment_id: str
    subject: bytes


def merged(one: Met, other: Met) -> Met:
    earlier, later = sorted((one, other), key=lambda met: met[:2])
    switches = [moment for moment in (one.switched, other.switched) if moment is not None]
    if earlier.variant != later.variant:
        switches.append(later.first)
    return Met(earlier.first, earlier.variant, min(switches, default=None), is_public=one.is_public and other.is_public)


def enrol(found: Mapping[Place, Met], organizations: Mapping[str, str]) -> None:
    """Add to what is known of these subjects; `organizations` is the one of each experiment."""
    rows = [
        (organizations[place.experiment_id], *place, met.variant, met.first, met.switched, met.is_public)
        for place, met in sorted(found.items())
    ]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        _write(rows[start : start + ROWS_AT_ONCE])


def _write(rows: Sequence[tuple[Any, ...]]) -> None:
    functions = ("MIN", "MAX") if connection.vendor == "sqlite" else ("LEAST", "GREATEST")
    written = _MERGE.format(
        table=Enrolment._meta.db_table,
        rows=", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(rows)),
        least=functions[0],
        greatest=functions[1],
    )
    with connection.cursor() as cursor:
        cursor.execute(written, [_adapted(value) for row in rows for value in row] + [_adapted(NEVER)] * 4)


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
