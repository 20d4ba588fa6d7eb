"""From batches to tallies: each batch is added to one minute, hours are summed of minutes and days of hours, all exactly once.

Everything here may be killed at any moment and run by any number of workers at once: a batch is marked in the transaction that
adds it, and a sum is taken anew from what it is the sum of. What comes late is added where its time is still kept: to its minute,
else to its hour, else to its day.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from analytics import stored, tallies
from analytics.attributes.folding import observe
from analytics.experiments.recording import Recording
from analytics.exposures import Exposures
from analytics.guardrails.recording import Watched, count_anew
from analytics.models import DayTally, HourTally, MinuteTally, TelemetryBatch
from analytics.moments import EPOCH
from analytics.tallies import Tally
from tenants import runtime

# So many are folded in one transaction, which therefore takes some tens of milliseconds.
FOLDED_AT_ONCE, SUMMED_AT_ONCE = 200, 200
DAY = timedelta(days=1)


class Level(NamedTuple):
    """A kind of tally: how long each is, and for how long (in days) something is added to it. It is kept for a day longer."""

    model: Any
    length: timedelta
    days: int

    def start_of(self, moment: datetime) -> datetime:
        return moment - (moment - EPOCH) % self.length

    def takes_from(self, now: datetime) -> datetime:
        """A midnight, so that an hour's minutes, and a day's hours, are all taken or none is."""
        return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=self.days)


MINUTES = Level(MinuteTally, timedelta(minutes=1), 1)
HOURS = Level(HourTally, timedelta(hours=1), 35)
DAYS = Level(DayTally, DAY, 400)
LEVELS = (MINUTES, HOURS, DAYS)

Place = tuple[Level, str, str, datetime]


def fold(*, now: datetime) -> int:
    """Add all waiting batches to their tallies; returns how many batches that were."""
    count = 0
    while folded := _fold_some(now):
        count += folded
    return count


def _fold_some(now: datetime) -> int:
    with transaction.atomic():
        waiting = TelemetryBatch.with_deleted.filter(is_folded=False).order_by("id")
        batches: Sequence[TelemetryBatch] = list(waiting.select_for_update(skip_locked=_skips())[:FOLDED_AT_ONCE])
        sums: defaultdict[Place, Tally] = defaultdict(dict)
        exposures, recording, watched = Exposures(now=now), Recording(batches, now=now), Watched()
        for batch in batches:
            document = batch.document
            tallies.add(sums[_place_of(batch, now)], tallies.of_batch(document, batch.key_kind))
            exposures.add(batch, document)
            recording.add(batch, document)
            watched.add(batch, document)
        observe(batches, days=runtime.number("attribute_days"))
        for place in sorted(sums, key=lambda place: place[1:]):  # always in this order, so that nobody waits in a ring
            _add(place, sums[place])
        exposures.keep()
        recording.keep()
        watched.keep()
        TelemetryBatch.with_deleted.filter(pk__in=[batch.pk for batch in batches]).update(is_folded=True, contexts=b"")
    return len(batches)


def _skips() -> bool:
    return bool(connection.features.has_select_for_update_skip_locked)


def _place_of(batch: TelemetryBatch, now: datetime) -> Place:
    level = next((level for level in LEVELS if batch.ended_at >= level.takes_from(now)), DAYS)
    return level, batch.organization_id, batch.environment_id, level.start_of(batch.ended_at)


def _add(place: Place, more: Tally) -> None:
    level, organization_id, environment_id, start = place
    row = _locked(level.model, organization_id, environment_id, start)
    whole = stored.unpressed(row.own)
    tallies.add(whole, more)
    row.own, row.is_summed = stored.pressed(whole), level is DAYS
    row.save(update_fields=["own", "is_summed"])


def _locked(model: Any, organization_id: str, environment_id: str, start: datetime) -> Any:
    named = {"environment_id": environment_id, "start": start}
    model.with_deleted.bulk_create([model(organization_id=organization_id, **named)], ignore_conflicts=True)
    return model.with_deleted.select_for_update().get(**named)


def sum_up() -> int:
    """Sum all hours of which a minute has changed, and all days of which an hour has; returns how many sums were taken."""
    count = 0
    for finer, coarser in ((MINUTES, HOURS), (HOURS, DAYS)):
        while summed := _sum_some(finer, coarser):
            count += summed
    return count


def _sum_some(finer: Level, coarser: Level) -> int:
    changed = finer.model.with_deleted.filter(is_summed=False).order_by("id")[:SUMMED_AT_ONCE]
    found = {
        (row.organization_id, row.environment_id, coarser.start_of(row.start)) for row in changed.defer("own", "below")
    }
    for organization_id, environment_id, start in sorted(found):
        with transaction.atomic():
            _sum(finer, coarser, organization_id, environment_id, start)
    return len(found)


def _sum(finer: Level, coarser: Level, organization_id: str, environment_id: str, start: datetime) -> None:
    """The coarser row is locked first: whoever sums the same waits, and finds what came meanwhile."""
    row = _locked(coarser.model, organization_id, environment_id, start)
    within = {"environment_id": environment_id, "start__gte": start, "start__lt": start + coarser.length}
    parts = list(finer.model.with_deleted.select_for_update().filter(**within).order_by("start"))
    row.below = stored.pressed(tallies.summed(map(whole, parts)))
    row.is_summed = coarser is DAYS
    row.save(update_fields=["below", "is_summed"])
    finer.model.with_deleted.filter(pk__in=[part.pk for part in parts]).update(is_summed=True)


def whole(row: Any) -> Tally:
    """Both parts of a stored tally."""
    if not (row.own and row.below):
        return stored.unpressed(row.own or row.below)
    tally = stored.unpressed(row.own)
    tallies.add(tally, stored.unpressed(row.below))
    return tally


def refold(begin: datetime, end: datetime, *, now: datetime) -> int:
    """Make the minutes from `begin` to `end` (both whole minutes) anew from the batches that are still kept; returns how many.

    Raises ValueError for a time whose minutes or batches are not all kept any more.
    """
    kept_from = max(MINUTES.takes_from(now), now - timedelta(days=runtime.number("telemetry_days")))
    if begin < kept_from:
        raise ValueError(f"batches and minutes are all there from {kept_from:%Y-%m-%d %H:%M} UTC on")
    with transaction.atomic():
        MinuteTally.with_deleted.filter(start__gte=begin, start__lt=end).update(own=b"", is_summed=False)
        count_anew(begin, end)
        batches = TelemetryBatch.with_deleted.filter(ended_at__gte=begin, ended_at__lt=end)
        count: int = batches.update(is_folded=False)
    fold(now=now)
    sum_up()
    return count


def forget(*, now: datetime) -> int:
    """Delete tallies whose time is over, once the coarser ones have all of them; returns how many."""
    return sum(_forgotten(level, level.takes_from(now) - DAY) for level in LEVELS)


def _forgotten(level: Level, before: datetime) -> int:
    old = level.model.with_deleted.filter(start__lt=before, is_summed=True).order_by("id")
    count = 0
    while ids := list(old.values_list("pk", flat=True)[:SUMMED_AT_ONCE]):
        count += level.model.with_deleted.filter(pk__in=ids).delete()[0]
    return count
