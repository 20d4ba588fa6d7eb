"""What day tallies tell of flags, as far as it can show that one is stale. Days are counted back from today, which is 0."""

import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analytics.folding import DAYS
from analytics.models import DayTally
from analytics.tallies import total
from tenants.models import Environment

# What was evaluated within so many days is asked for today.
RECENT = 7
# So long before the beginning of a stretch an evaluation shows that the flag was asked for already then.
BEFORE = 7


@dataclass(slots=True)
class Heard:
    """On which days an environment told anything at all; without that its silence about a flag says nothing."""

    days: set[int] = field(default_factory=set)

    def within(self, days: int) -> int:
        """On how many of the last so many days."""
        return sum(day < days for day in self.days)

    def speaks(self, days: int) -> bool:
        """Whether it has told of itself for as long as that, and at least every second day since."""
        return bool(self.days) and max(self.days) >= days and self.within(days) * 2 >= days


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

    def take(self, day: int, variants: Mapping[str, Any], *, counts: bool) -> None:
        self.first = max(day, self.first if self.first is not None else day)
        for variant, reasons in variants.items():
            self.served[variant] = min(day, self.served.get(variant, day))
            if counts:
                self.evaluations += (number := total(reasons))
                if day < RECENT:
                    self.recent[variant] = self.recent.get(variant, 0) + number


@dataclass(frozen=True, slots=True)
class Uses:
    """By environment's id: what was heard of it, and of each flag by its key."""

    heard: Mapping[str, Heard]
    flags: Mapping[str, Mapping[str, Use]]

    def of(self, environment: Environment, key: str) -> Use:
        return self.flags[environment.id].get(key) or Use()


def uses_in(
    environments: Collection[Environment],
    *,
    days: int,
    counted: int,
    now: datetime,
    keys: Collection[str] | None = None,
) -> Uses:
    """Of the last so many days, with today; evaluations are counted over `counted` of them. Two queries.

    `keys` asks for these flags alone.
    """
    today = DAYS.start_of(now)
    rows: Any = DayTally.objects.filter(environment__in=environments, start__gte=today - timedelta(days=days))
    heard = {environment.id: Heard() for environment in environments}
    flags: dict[str, dict[str, Use]] = {environment.id: {} for environment in environments}
    for environment_id, start, *contents in rows.values_list("environment_id", "start", "own", "below").iterator():
        day = (today - start).days
        heard[environment_id].days.add(day)
        for key, variants in _counts(contents, keys):
            flags[environment_id].setdefault(key, Use()).take(day, variants, counts=day < counted)
    return Uses(heard, flags)


def _counts(contents: Collection[bytes], keys: Collection[str] | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Of both parts of a tally, which need not be added up for this."""
    for content in filter(None, contents):
        counts = json.loads(zlib.decompress(content)).get("counts", {})
        yield from counts.items() if keys is None else ((key, counts[key]) for key in keys if key in counts)
