"""What the applications of the demo's shop told in the last weeks, so that its pages about telemetry have something to show."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from analytics import stored, tallies
from analytics.folding import DAYS, HOURS
from analytics.models import DayTally, HourTally
from analytics.tallies import Tally
from flags.demo import ORGANIZATION, PROJECT
from flags.models import Flag, FlagConfig
from tenants.models import Environment

WEEKS = 8
# Evaluations of a day in production by flag, variant and reason. Nobody asks for items-per-page any more.
COUNTS: dict[str, dict[str, dict[str, int]]] = {
    "payments-v2": {"on": {"STATIC": 4200}},
    "new-checkout": {"on": {"SPLIT": 310, "TARGETING_MATCH": 95}, "off": {"DEFAULT": 3600, "SPLIT": 920}},
    "banner-text": {"welcome": {"DEFAULT": 8400}, "india": {"TARGETING_MATCH": 2100}},
    "price-discount": {"none": {"DEFAULT": 3100}, "loyal": {"TARGETING_MATCH": 640}, "ten": {"TARGETING_MATCH": 12}},
    "theme": {"light": {"DEFAULT": 5200}, "dark": {"TARGETING_MATCH": 3900}},
    "search-engine": {"classic": {"SPLIT": 520, "DEFAULT": 4100}, "semantic": {"SPLIT": 540}},
    "maintenance-mode": {"off": {"DISABLED": 9100}},
}
# Keys that are no flags: a slip, and a flag that an old application still asks for.
UNKNOWN = {"new-chekout": 40, "christmas-banner": 7}
ASKERS = {
    "new-chekout": {"server": {"flagforge-python": 40}},
    "christmas-banner": {"client": {"flagforge-javascript": 7}},
}
# Of a day's evaluations, in per cent by the hour in UTC: people sleep, and shop in the evening.
HOURLY = (1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 6, 5, 5, 5, 5, 6, 8, 9, 8, 5, 3, 1)
SHARES = {"production": 100, "staging": 8, "development": 3}


@transaction.atomic
def tell(*, now: datetime) -> None:
    """Tallies of every day, of yesterday and today by the hour, and flags and states that are as old as these."""
    environments = Environment.objects.filter(project__key=PROJECT, organization__slug=ORGANIZATION)
    DayTally.with_deleted.bulk_create(_days(environments, now))
    for environment in environments:
        for ago in (1, 0):
            _tell_hours(environment, DAYS.start_of(now) - timedelta(days=ago), now)
    began = now - timedelta(weeks=WEEKS)
    flags = Flag.objects.filter(project__key=PROJECT, organization__slug=ORGANIZATION)
    flags.update(created_at=began)
    FlagConfig.objects.filter(flag__in=flags).exclude(flag__key="new-checkout").update(updated_at=began)


def _days(environments: Any, now: datetime) -> Iterator[DayTally]:
    for environment in environments:
        for ago in range(2, WEEKS * 7):
            start = DAYS.start_of(now) - timedelta(days=ago)
            yield DayTally(
                organization_id=environment.organization_id,
                environment=environment,
                start=start,
                own=stored.pressed(_told(SHARES.get(environment.key, 1), start)),
                is_summed=True,
            )


def _tell_hours(environment: Environment, day: datetime, now: datetime) -> None:
    """The day is the sum of its hours, as where real ones are summed up."""
    whole, place = _told(SHARES.get(environment.key, 1), day), {"organization": environment.organization}
    hours = [
        HourTally(**place, environment=environment, start=start, own=stored.pressed(_part(whole, HOURLY[hour])))
        for hour in range(24)
        if (start := day + hour * HOURS.length) < now
    ]
    HourTally.with_deleted.bulk_create(hours)
    below = stored.pressed(tallies.summed(_part(whole, HOURLY[hour.start.hour]) for hour in hours))
    DayTally.with_deleted.create(**place, environment=environment, start=day, below=below, is_summed=True)
    HourTally.with_deleted.filter(environment=environment).update(is_summed=True)


def _part(tally: Any, per_cent: int) -> Any:
    """So much of every number in it, at least one."""
    if isinstance(tally, int):
        return max(1, tally * per_cent // 100)
    return {name: _part(each, per_cent) for name, each in tally.items()}


def _told(share: int, day: datetime) -> Tally:
    """On a weekend people shop more, and developers do not work."""
    times = share * (13 if day.weekday() >= 5 else 10)
    counts = {
        flag: {
            variant: {reason: 1 + number * times // 1000 for reason, number in reasons.items()}
            for variant, reasons in variants.items()
        }
        for flag, variants in COUNTS.items()
    }
    unknown = {key: 1 + number * times // 1000 for key, number in UNKNOWN.items()}
    sdks = {"flagforge-python": {"1.0.0": {"shop": 96}}, "flagforge-javascript": {"1.0.0": {"storefront": 210}}}
    return {
        "counts": counts,
        "unknown": unknown,
        "sdks": sdks,
        "batches": {"server": 96, "client": 210},
        "askers": ASKERS,
    }
