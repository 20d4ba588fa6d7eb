"""What day tallies tell of flags, as far as it can show that one is stale. Days are counted back from today, which is 0."""

import json
import zlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.cache import cache

from analytics import stored
from analytics.folding import DAYS
from analytics.models import DayTally
from tenants.models import Environment

# What was evaluated within so many days is asked for today.
RECENT = 7
# So long before the beginning of a stretch an evaluation shows that the flag was asked for already then.
BEFORE = 7
KEPT_SECONDS = 300


@dataclass(slots=True)
class Heard:
    """On which days, ascending, an environment told anything at all; without that its silence about a flag says nothing."""

    days: Sequence[int] = ()

    def within(self, days: int) -> int:
        """On how many of the last so many days."""
        return bisect_left(self.days, days)

    def speaks(self, days: int) -> bool:
        """Whether it has told of itself for as long as that, and at least every second day since."""
        return bool(self.days) and self.days[-1] >= days and self.within(days) * 2 >= days


@dataclass(slots=True)
class Use:
    """Evaluations of one flag in one environment. `served`: the day, for each variant, when it was served last."""

    served: dict[str, int] = field(default_factory=dict)
    first: int | None = None
    recent: dict[str, int] = field(default_factory=dict)
    evaluations: int = 0

    @property
    def last(self) -> int | None:
        return min(self.served.values(), default=None)

    @property
    def is_recent(self) -> bool:
        return self.last is not None and self.last < RECENT

    @property
    def sole(self) -> tuple[str, int] | None:
        """The variant that alone was served of late, and since how many days; None where nothing was served."""
        if self.first is None:
            return None
        variant = min(self.served, key=lambda name: self.served[name])
        other = min((day for name, day in self.served.items() if name != variant), default=None)
        return variant, self.first if other is None else other - 1

    def take(self, day: int, variant: str, number: int, *, counts: bool) -> None:
        if self.first is None or day > self.first:
            self.first = day
        if day < self.served.get(variant, day + 1):
            self.served[variant] = day
        if counts:
            self.evaluations += number
            if day < RECENT:
                self.recent[variant] = self.recent.get(variant, 0) + number


@dataclass(frozen=True, slots=True)
class Uses:
    """By environment's id: what was heard of it, and of each flag by its key, as text that is read when it is asked for."""

    heard: Mapping[str, Heard]
    flags: Mapping[str, Mapping[str, str]]

    def of(self, environment: Environment, key: str) -> Use:
        row = self.flags[environment.id].get(key)
        return Use(*json.loads(row)) if row else Use()


def uses_in(environments: Collection[Environment], *, days: int, counted: int, now: datetime) -> Uses:
    """Of the last so many days, with today; evaluations are counted over `counted` of them. One query, or for five minutes none.

    So many tallies of thousands of flags take half a second to read, and every page of a flag asks.
    """
    name = ":".join(("uses", str(days), str(counted), *sorted(environment.id for environment in environments)))
    kept = cache.get(sha256(name.encode()).hexdigest())
    if kept is None:
        kept = _pressed(_read(environments, days, counted, now))
        cache.set(sha256(name.encode()).hexdigest(), kept, KEPT_SECONDS)
    return _unpressed(kept)


Document = dict[str, tuple[list[int], dict[str, str]]]


def _read(environments: Collection[Environment], days: int, counted: int, now: datetime) -> Document:
    today = DAYS.start_of(now)
    rows: Any = DayTally.objects.filter(environment__in=environments, start__gte=today - timedelta(days=days))
    heard: dict[str, set[int]] = {environment.id: set() for environment in environments}
    flags: dict[str, defaultdict[str, Use]] = {environment.id: defaultdict(Use) for environment in environments}
    for environment_id, start, *contents in rows.values_list("environment_id", "start", "own", "below").iterator():
        day = (today - start).days
        heard[environment_id].add(day)
        its_flags = flags[environment_id]
        for content in filter(None, contents):  # both parts of a tally, which need not be added up for this
            for name, number in stored.outcomes_of(content):
                key, variant, _ = name.split(stored.NUL)
                its_flags[key].take(day, variant, number, counts=day < counted)
    return {
        environment: (sorted(days), {key: _row(use) for key, use in flags[environment].items()})
        for environment, days in heard.items()
    }


def _row(use: Use) -> str:
    return json.dumps([use.served, use.first, use.recent, use.evaluations], separators=(",", ":"))


def _pressed(document: Document) -> bytes:
    """What a cache holds: plain data, a tenth of the size."""
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)


def _unpressed(kept: bytes) -> Uses:
    document: Document = json.loads(zlib.decompress(kept))
    return Uses(
        {environment: Heard(days) for environment, (days, _) in document.items()},
        {environment: flags for environment, (_, flags) in document.items()},
    )
