"""Who is held out of an exclusion group: told by the bucket alone, and noted when they do something that a metric names."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection

from analytics.models import ExclusionGroup, HeldOut, TelemetryBatch
from evaluation.core.bucketing import bucket, bucketing_key
from evaluation.core.limits import BUCKETS

ROWS_AT_ONCE = 500

# The last time counts, in whatever order events are told.
_MERGE = """
INSERT INTO {table} (organization_id, group_id, environment_id, subject, seen_at) VALUES {rows}
ON CONFLICT (group_id, environment_id, subject) DO UPDATE SET seen_at = excluded.seen_at
WHERE excluded.seen_at > {table}.seen_at"""


class HoldingOut(NamedTuple):
    group_id: str
    salt: str
    holdout: float


class Seen(NamedTuple):
    group_id: str
    environment_id: str
    subject: bytes


def first_held_out(holdout: float) -> int:
    """The first of the buckets, the last of all, that a holdout of so many per cent takes."""
    return BUCKETS - round(holdout * BUCKETS / 100)


def is_held_out(subject: str, salt: str, holdout: float) -> bool:
    key = bucketing_key(subject)
    return key is not None and bucket(salt, key) >= first_held_out(holdout)


class Holdouts:
    """Of the events of one fold, in these environments."""

    def __init__(self, environments: Iterable[str]) -> None:
        self._environments = environments
        self._seen: dict[Seen, tuple[str, datetime]] = {}

    def look_at(self, batch: TelemetryBatch, subject: str, hashed: bytes, at: datetime) -> None:
        for group in self._groups.get(batch.environment_id, ()):
            if is_held_out(subject, group.salt, group.holdout):
                seen = Seen(group.group_id, batch.environment_id, hashed)
                before = self._seen.get(seen)
                self._seen[seen] = batch.organization_id, max(at, before[1]) if before else at

    def keep(self) -> None:
        adapted = connection.ops.adapt_datetimefield_value
        rows = [(organization_id, *seen, adapted(at)) for seen, (organization_id, at) in sorted(self._seen.items())]
        for start in range(0, len(rows), ROWS_AT_ONCE):
            _write(rows[start : start + ROWS_AT_ONCE])

    @cached_property
    def _groups(self) -> dict[str, list[HoldingOut]]:
        """By environment: those that hold somebody out."""
        groups = ExclusionGroup.with_deleted.filter(project__environments__in=self._environments, holdout__gt=0)
        found: defaultdict[str, list[HoldingOut]] = defaultdict(list)
        for environment_id, *group in groups.values_list("project__environments", "pk", "salt", "holdout"):
            found[environment_id].append(HoldingOut(*group))
        return dict(found)


def _write(rows: Sequence[tuple[Any, ...]]) -> None:
    values = ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            _MERGE.format(table=HeldOut._meta.db_table, rows=values), [value for row in rows for value in row]
        )
