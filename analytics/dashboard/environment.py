"""All of an environment, as applications told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from analytics import selectors, stored, tallies
from analytics.dashboard import colors, plots
from analytics.dashboard.ranges import Range
from analytics.selectors import Window
from analytics.tallies import Tally
from flags.selectors import existing_keys
from tenants.actors import Actor
from tenants.models import Environment

MOST_FLAGS, MOST_NAMED = 20, 20
SHARES = {"p50": "v2", "p95": "v1", "p99": "v3"}
CACHE_WORDS = {
    "fresh": "answered from rules that were up to date",
    "stale": "answered from rules that were older than they should be",
    "expired": "answered from rules that were too old to be trusted",
    "miss": "not answered: no rules, or no such flag",
}


@dataclass(frozen=True, slots=True)
class Busy:
    """One of those that were evaluated most; not all of them are flags (any more)."""

    key: str
    total: int
    share: float
    is_flag: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """Who told: an SDK, its version, and the application that it works for; `batches` is how often."""

    name: str
    version: str
    application: str
    batches: int


class EnvironmentTelemetry:
    """Each part is worked out when a template asks for it; two queries in all."""

    def __init__(self, environment: Environment, chosen: Range, actor: Actor, now: datetime) -> None:
        self.environment, self.actor = environment, actor
        self.window: Window = chosen.window(now)

    @cached_property
    def _contents(self) -> Mapping[datetime, selectors.Contents]:
        return selectors.contents_in(self.window, self.environment)

    @cached_property
    def _heads(self) -> Mapping[datetime, Tally]:
        return selectors.heads_of(self._contents)

    @cached_property
    def whole(self) -> Tally:
        """Of all flags together."""
        return tallies.summed(self._heads.values())

    @property
    def is_empty(self) -> bool:
        return not self.whole.get("batches")

    @cached_property
    def reasons(self) -> plots.Stack:
        points = [(start, self._heads.get(start, {}).get(stored.REASONS, {})) for start in self.window.starts]
        told = {name for _, reasons in points for name in reasons}
        return plots.stacked(points, colors.of_reasons(told))

    @cached_property
    def _evaluated(self) -> Mapping[str, int]:
        return selectors.evaluated(self._contents)

    @property
    def busiest(self) -> list[Busy]:
        ordered = sorted(self._evaluated.items(), key=lambda each: (-each[1], each[0]))
        flags = existing_keys(self.environment.project, [key for key, _ in ordered[:MOST_FLAGS]], self.actor)
        return [Busy(key, total, 100 * total / self.reasons.total, key in flags) for key, total in ordered[:MOST_FLAGS]]

    @property
    def flag_count(self) -> int:
        return len(self._evaluated)

    # How fast

    @cached_property
    def latency(self) -> plots.Lines | None:
        """None: no evaluation was timed."""
        if not self.timed:
            return None
        return plots.lines([(start, self._measures(start)) for start in self.window.starts], SHARES)

    def _measures(self, start: datetime) -> dict[str, float]:
        tally = self._heads.get(start, {})
        return dict(zip(SHARES, selectors.percentiles(tally), strict=True)) if tally.get("durations") else {}

    @property
    def timed(self) -> int:
        return tallies.total(self.whole.get("durations"))

    @property
    def percentiles(self) -> list[tuple[str, str, float]]:
        return [
            (name, color, value)
            for (name, color), value in zip(SHARES.items(), selectors.percentiles(self.whole), strict=True)
        ]

    # From the cache, and by whom

    @property
    def hit_rate(self) -> float | None:
        """In per cent; None where nobody told."""
        rate = selectors.hit_rate(self.whole)
        return None if rate is None else 100 * rate

    @property
    def cache(self) -> list[tuple[str, int, str]]:
        """What of it there is, each with what it means."""
        counts = self.whole.get("cache", {})
        return [(name, counts[name], words) for name, words in CACHE_WORDS.items() if counts.get(name)]

    @cached_property
    def caches(self) -> plots.Stack:
        return self._over_time("cache", colors.CACHE)

    @cached_property
    def breakers(self) -> plots.Stack:
        """How often circuit breakers opened, tried again, and closed."""
        return self._over_time("breaker", colors.BREAKERS)

    def _over_time(self, member: str, named: Mapping[str, str]) -> plots.Stack:
        points = [(start, self._heads.get(start, {}).get(member, {})) for start in self.window.starts]
        return plots.stacked(points, named)

    @property
    def turns(self) -> list[selectors.Turn]:
        return selectors.turns_in(self.whole)[:MOST_NAMED]

    @property
    def senders(self) -> Sequence[Sender]:
        found = [
            Sender(name, version, application, batches)
            for name, versions in self.whole.get("sdks", {}).items()
            for version, applications in versions.items()
            for application, batches in applications.items()
        ]
        return sorted(found, key=lambda sender: -sender.batches)[:MOST_NAMED]

    @property
    def unknown(self) -> list[tuple[str, int]]:
        ordered = sorted(self.whole.get("unknown", {}).items(), key=lambda each: (-each[1], each[0]))
        return ordered[:MOST_NAMED]
