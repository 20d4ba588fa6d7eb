"""What applications told of an environment, read from tallies: over time, and for how often each flag was evaluated."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from analytics import stored, tallies
from analytics.folding import DAYS, HOURS, MINUTES, Level
from analytics.moments import EPOCH
from analytics.sums import Usages, usages_in
from analytics.tallies import Tally
from evaluation.sdk.telemetry.sketch import Sketch
from tenants.models import Environment

STEPS: Mapping[str, Level] = {"minute": MINUTES, "hour": HOURS, "day": DAYS}
MOST_POINTS = 1_500
SHARES = (0.5, 0.95, 0.99)
# Evaluations that the cache could answer, by how good its answer still was.
FROM_CACHE = ("fresh", "stale", "expired")
BREAKER_ORDER = ("closed", "half-open", "open")
# Variant → reason → so often.
Outcomes = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Window:
    """Whole steps of a level, from `begin` until before `end`."""

    step: str
    begin: datetime
    end: datetime

    @property
    def level(self) -> Level:
        return STEPS[self.step]

    @property
    def starts(self) -> list[datetime]:
        count = (self.end - self.begin) // self.level.length
        return [self.begin + number * self.level.length for number in range(count)]


def window_of(begin: datetime, end: datetime, step: str | None = None) -> Window:
    """The window of whole steps around these moments; without a step, of one that makes some hundred points at most.

    Raises ValueError where the moments are in the wrong order, or make too many points.
    """
    if end <= begin:
        raise ValueError("to must be later than from")
    level = STEPS[step or fitting_step(end - begin)]
    first, last = level.start_of(begin), level.start_of(end - timedelta(microseconds=1)) + level.length
    if (last - first) // level.length > MOST_POINTS:
        raise ValueError(f"that makes more than {MOST_POINTS:,} points; take a longer step")
    return Window(step or fitting_step(end - begin), first, last)


def fitting_step(length: timedelta) -> str:
    if length <= timedelta(hours=6):
        return "minute"
    return "hour" if length <= timedelta(days=7) else "day"


# The parts of what one row holds, as they are stored (`analytics.stored`).
Contents = Sequence[bytes]


def contents_in(window: Window, environment: Environment) -> dict[datetime, Contents]:
    """Of those tallies that are there, by their start, in one query."""
    rows: Any = window.level.model.objects.filter(environment=environment)
    found = rows.filter(start__gte=window.begin, start__lt=window.end).order_by("start")
    return {start: _parts(own, below) for start, own, below in found.values_list("start", "own", "below").iterator()}


def _parts(*contents: bytes) -> Contents:
    return [bytes(content) for content in contents if content]


def tallies_in(window: Window, environment: Environment) -> dict[datetime, Tally]:
    """With every flag; a tally of a thousand takes milliseconds to read."""
    return _read(contents_in(window, environment), stored.unpressed)


def flag_in(window: Window, environment: Environment, flag: str) -> dict[datetime, Tally]:
    """What they tell of one flag."""
    return _read(contents_in(window, environment), lambda content: stored.flag_of(content, flag))


def heads_of(found: Mapping[datetime, Contents]) -> dict[datetime, Tally]:
    """What they tell of all flags together; `variants` and `reasons` say how often each was given."""
    return _read(found, stored.head_of)


def _read(found: Mapping[datetime, Contents], part: Callable[[bytes], Tally]) -> dict[datetime, Tally]:
    return {start: _one([part(content) for content in contents]) for start, contents in found.items()}


def _one(parts: Sequence[Tally]) -> Tally:
    return parts[0] if len(parts) == 1 else tallies.summed(parts)


def evaluated(found: Mapping[datetime, Contents]) -> dict[str, int]:
    """How often each flag was evaluated, in all of it."""
    usages = usages_in([(start, content) for start, contents in found.items() for content in contents])
    return {flag: usage.evaluations for flag, usage in usages.items()}


def counts_of(tally: Tally, flag: str | None = None) -> Iterable[Outcomes]:
    """How often, by variant and reason, of one flag or of each."""
    counts = tally.get("counts", {})
    return counts.values() if flag is None else [counts.get(flag, {})]


def by_variant_and_reason(counts: Iterable[Outcomes]) -> tuple[dict[str, int], dict[str, int]]:
    variants: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for each in counts:
        for variant, by_reason in each.items():
            for reason, number in by_reason.items():
                variants[variant] = variants.get(variant, 0) + number
                reasons[reason] = reasons.get(reason, 0) + number
    return variants, reasons


def split_counts(found: Iterable[Tally], flag: str) -> dict[str, int]:
    """How often each variant of a flag was given because of a split."""
    variants: dict[str, int] = {}
    for tally in found:
        for variant, by_reason in tally.get("counts", {}).get(flag, {}).items():
            if number := by_reason.get("SPLIT", 0):
                variants[variant] = variants.get(variant, 0) + number
    return variants


def percentiles(tally: Tally) -> list[float]:
    """The nanoseconds that 50, 95 and 99 % of the timed evaluations took at most, each within 2 %; 0 where none was timed."""
    sketch = Sketch()
    sketch.buckets.update({int(bucket): number for bucket, number in tally.get("durations", {}).items()})
    return [sketch.quantile(share) for share in SHARES]


class Turn(NamedTuple):
    """What a circuit breaker went to, and in which application and instance, as `shop/web-3`."""

    at: datetime
    sender: str
    to: str


def turns_in(tally: Tally) -> list[Turn]:
    """Those that are kept, the latest first; of one second in the order in which a breaker goes: open, half open, closed."""
    found = [
        (int(second), sender, to)
        for second, senders in tally.get("turns", {}).items()
        for sender, states in senders.items()
        for to in states
    ]
    ordered = sorted(found, key=lambda each: (-each[0], each[1], BREAKER_ORDER.index(each[2])))
    return [
        Turn(EPOCH + timedelta(seconds=second), sender, to) for second, sender, to in ordered if 0 <= second < 10**11
    ]


def hit_rate(tally: Tally) -> float | None:
    """The share of evaluations that the cache answered; None where there were none."""
    cache = tally.get("cache", {})
    hits = sum(cache.get(name, 0) for name in FROM_CACHE)
    asked = hits + cache.get("miss", 0)
    return hits / asked if asked else None


def usage_in(
    environments: Collection[Environment], *, days: int, now: datetime, keys: Sequence[str] | None = None
) -> dict[str, Usages]:
    """By environment's id and flag's key, over so many days with today, in one query; `keys` asks for these flags alone."""
    since = DAYS.start_of(now) - timedelta(days=days - 1)
    rows: Any = DAYS.model.objects.filter(environment__in=environments, start__gte=since)
    found: dict[str, list[tuple[datetime, bytes]]] = {environment.id: [] for environment in environments}
    for environment_id, start, own, below in rows.values_list("environment_id", "start", "own", "below").iterator():
        found[environment_id] += ((start, content) for content in _parts(own, below))
    return {environment_id: _of_these(usages_in(each), keys) for environment_id, each in found.items()}


def _of_these(usages: Usages, keys: Sequence[str] | None) -> Usages:
    return usages if keys is None else {key: usages[key] for key in keys if key in usages}
