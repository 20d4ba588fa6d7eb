"""Who met a split, day by day: a bounded sample of the subjects of each flag in each environment."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils.crypto import salted_hmac

from analytics import samples
from analytics.models import SubjectSample, TelemetryBatch
from analytics.samples import Sample, Sampling
from flags.models import Flag
from tenants.models import Environment

# As long as hours are added to.
SAMPLE_DAYS = 35


class Place(NamedTuple):
    environment_id: str
    flag_id: str
    day: date


class Exposures:
    """Those that batches tell of: added batch by batch, then kept in the transaction in which the batches are folded.

    Counting a batch again changes nothing. A flag that is not there has no sample.
    """

    def __init__(self, *, now: datetime) -> None:
        self._oldest = now.date() - timedelta(days=SAMPLE_DAYS)
        self._met: dict[tuple[str, str, date], Sampling] = {}
        self._organizations: dict[str, str] = {}

    def add(self, batch: TelemetryBatch, document: Mapping[str, Any]) -> None:
        day = batch.ended_at.date()
        if day < self._oldest:
            return
        for each in document.get("exposures", ()):
            at = batch.environment_id, each["flag"], day
            if at not in self._met:
                self._met[at] = Sampling(_key_of(batch.environment_id, each["flag"]))
                self._organizations[batch.environment_id] = batch.organization_id
            self._met[at].meet(each["subject"], each["variant"], each.get("rule", ""))

    def keep(self) -> None:
        """Six queries at most, and none where nobody was exposed."""
        flags = _flags_of((environment_id, key) for environment_id, key, _ in self._met)
        found = {
            Place(environment_id, flags[environment_id, key], day): sampling.sample
            for (environment_id, key, day), sampling in self._met.items()
            if (environment_id, key) in flags
        }
        changed = [row for row in self._locked(found) if _has_grown(row, found)]
        SubjectSample.with_deleted.bulk_update(changed, ["content"], batch_size=200)

    def _locked(self, found: Mapping[Place, Sample]) -> list[Any]:
        """The rows of these places, made where they are missing; always locked in the same order."""
        rows = _rows(found)
        there = {Place(row.environment_id, row.flag_id, row.day) for row in rows}
        missing = [
            SubjectSample(organization_id=self._organizations[place.environment_id], **place._asdict())
            for place in sorted(found.keys() - there)
        ]
        if not missing:
            return rows
        SubjectSample.with_deleted.bulk_create(missing, ignore_conflicts=True)
        return _rows(found)


def _key_of(environment_id: str, flag: str) -> bytes:
    """So that nobody can tell from a sample whether somebody is in it, or in that of another flag."""
    return salted_hmac("analytics.samples", f"{environment_id}/{flag}", algorithm="sha256").digest()


def _flags_of(asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The ids of the flags with these keys, as seen from these environments."""
    wanted = set(asked)
    if not wanted:
        return {}
    places = Environment.objects.filter(pk__in={place for place, _ in wanted}).values_list("pk", "project_id")
    project_of = dict(places)
    flags = Flag.objects.filter(project__in=set(project_of.values()), key__in={key for _, key in wanted})
    ids = {(project, key): pk for project, key, pk in flags.values_list("project_id", "key", "pk")}
    found = {(place, key): ids.get((project_of.get(place, ""), key)) for place, key in wanted}
    return {at: pk for at, pk in found.items() if pk is not None}


def _rows(found: Mapping[Place, Sample]) -> list[Any]:
    if not found:
        return []
    asked = {f"{name}__in": {getattr(place, name) for place in found} for name in Place._fields}
    return list(SubjectSample.with_deleted.select_for_update().filter(**asked).order_by("id"))


def _has_grown(row: Any, found: Mapping[Place, Sample]) -> bool:
    before = samples.unpacked(row.content)
    after = samples.union([before, found.get(Place(row.environment_id, row.flag_id, row.day), {})])
    row.content = samples.packed(after)
    return after != before


def sample_of(flag: Flag, environment: Environment, begin: date, end: date) -> Sample:
    """Of all who met the flag's splits there on these days, the last among them; in one query."""
    rows: Any = SubjectSample.objects.filter(flag=flag, environment=environment, day__gte=begin, day__lte=end)
    return samples.union(samples.unpacked(content) for content in rows.values_list("content", flat=True))


def forget_samples(*, now: datetime) -> int:
    """Delete samples whose time is over; returns how many."""
    old = SubjectSample.with_deleted.filter(day__lt=now.date() - timedelta(days=SAMPLE_DAYS))
    count: int = old.delete()[0]
    return count
