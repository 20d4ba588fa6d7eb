"""What applications told: of each day a sum, and of the last days each hour, as far back as hours are kept."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from analytics import stored, tallies
from analytics.demo import HOURLY
from analytics.folding import DAYS, HOURS
from analytics.large.sizes import Ground
from analytics.models import DayTally, HourTally
from analytics.tallies import Tally
from flags.models import Flag
from tenants.models import Environment

# Hours are made for so many days: what pages show by the hour goes back a week.
HOUR_DAYS = 8
REASONS = ("STATIC", "DEFAULT", "SPLIT", "TARGETING_MATCH")
SHARES = {"production": 100, "staging": 8, "development": 3}
UNKNOWN = ("old-banner", "cart-buton", "search-v1")


def tell(ground: Ground, flags: Sequence[Flag], now: datetime) -> Iterator[str]:
    """Says how far it is, environment by environment."""
    chance = ground.chance("telemetry")
    # A few are asked for all the time, most now and then, and some never: those are stale.
    asked = {flag: int(10 ** chance.uniform(0, 4.5)) for flag in flags if chance.random() < 0.9}
    for environment in ground.environments:
        share = SHARES.get(environment.key, 10)
        for ago in range(ground.sizes.days, -1, -1):
            _tell_day(environment, DAYS.start_of(now) - timedelta(days=ago), now, asked, share, chance)
        yield environment.key


def _tell_day(
    environment: Environment, day: datetime, now: datetime, asked: dict[Flag, int], share: int, chance: Random
) -> None:
    place: dict[str, Any] = {"organization": environment.organization, "environment": environment}
    whole = _told(asked, share, chance)
    if now - day > HOUR_DAYS * DAYS.length:
        DayTally.with_deleted.create(**place, start=day, own=stored.pressed(whole), is_summed=True)
        return
    hours = [(start, _part(whole, HOURLY[hour])) for hour in range(24) if (start := day + hour * HOURS.length) < now]
    HourTally.with_deleted.bulk_create(
        HourTally(**place, start=start, own=stored.pressed(told), is_summed=True) for start, told in hours
    )
    below = stored.pressed(tallies.summed(told for _, told in hours))
    DayTally.with_deleted.create(**place, start=day, below=below, is_summed=True)


def _told(asked: dict[Flag, int], share: int, chance: Random) -> Tally:
    counts: dict[str, Any] = {}
    for flag, often in asked.items():
        number = 1 + often * share * chance.randrange(80, 120) // 10_000
        first, *_, last = flag.variants
        reason = REASONS[len(flag.key) % len(REASONS)]
        counts[flag.key] = {first: {reason: number}, last: {"DEFAULT": 1 + number // 3}}
    return {
        "counts": counts,
        "unknown": {key: 1 + share * place for place, key in enumerate(UNKNOWN)},
        "durations": {"171": 400 * share, "240": 30 * share},
        "sdks": {"flagforge-python": {"1.0.0": {"shop": 96}}, "flagforge-javascript": {"1.0.0": {"storefront": 210}}},
        "batches": {"server": 96, "client": 210},
    }


def _part(tally: Any, per_cent: int) -> Any:
    """So much of every number in it, at least one."""
    if isinstance(tally, int):
        return max(1, tally * per_cent // 100)
    return {name: _part(each, per_cent) for name, each in tally.items()}
