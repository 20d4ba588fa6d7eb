"""Who is held out of an exclusion group: told by the bucket alone, and noted when they do something that a metric names."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from analytics.models import ExclusionGroup, HeldOut, TelemetryBatch
from evaluation.core.bucketing import bucket, bucketing_key
from evaluation.core.limits import BUCKETS

WRITTEN_AT_ONCE = 1_000


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
        rows = [
            HeldOut(organization_id=organization_id, seen_at=at, **seen._asdict())
            for seen, (organization_id, at) in sorted(self._seen.items())
        ]
        HeldOut.with_deleted.bulk_create(
            rows,
            batch_size=WRITTEN_AT_ONCE,
            update_conflicts=True,
            update_fields=["seen_at"],
            unique_fields=["group", "environment", "subject"],
        )

    @cached_property
    def _groups(self) -> dict[str, list[HoldingOut]]:
        """By environment: those that hold somebody out."""
        groups = ExclusionGroup.with_deleted.filter(project__environments__in=self._environments, holdout__gt=0)
        found: defaultdict[str, list[HoldingOut]] = defaultdict(list)
        for environment_id, *group in groups.values_list("project__environments", "pk", "salt", "holdout"):
            found[environment_id].append(HoldingOut(*group))
        return dict(found)
