"""One flag in one environment, as applications evaluated it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from analytics import selectors
from analytics.dashboard import colors, plots
from analytics.dashboard.ranges import Range
from analytics.selectors import Window, by_variant_and_reason, counts_of
from flags.models import Flag
from tenants.models import Environment

# Where nothing was told in the chosen time, it is looked so far back for the last evaluation.
LOOKED_BACK_DAYS = 30


@dataclass(frozen=True, slots=True)
class Last:
    """The beginning of the step in which the flag was evaluated last."""

    start: datetime
    step: str


class FlagTelemetry:
    """Each part is worked out when a template asks for it; one query, and one more where there was nothing."""

    def __init__(self, flag: Flag, environment: Environment, chosen: Range, now: datetime) -> None:
        self.flag, self.environment, self.now = flag, environment, now
        self.window: Window = chosen.window(now)

    @cached_property
    def _points(self) -> list[tuple[datetime, dict[str, int], dict[str, int]]]:
        found = selectors.tallies_in(self.window, self.environment)
        return [
            (start, *by_variant_and_reason(counts_of(found.get(start, {}), self.flag.key)))
            for start in self.window.starts
        ]

    @cached_property
    def variants(self) -> plots.Stack:
        told = {name for _, variants, _ in self._points for name in variants}
        points = [(start, variants) for start, variants, _ in self._points]
        return plots.stacked(points, colors.of_variants(self.flag, told))

    @cached_property
    def reasons(self) -> plots.Stack:
        told = {name for _, _, reasons in self._points for name in reasons}
        return plots.stacked([(start, reasons) for start, _, reasons in self._points], colors.of_reasons(told))

    @property
    def total(self) -> int:
        return self.variants.total

    @cached_property
    def last(self) -> Last | None:
        """None: not within the days that are looked back."""
        busy = [start for start, variants, _ in self._points if variants]
        if busy:
            return Last(busy[-1], self.window.step)
        keys = [self.flag.key]
        used = selectors.usage_in([self.environment], days=LOOKED_BACK_DAYS, now=self.now, keys=keys)
        usage = used[self.environment.id].get(self.flag.key)
        return Last(usage.last_day, "day") if usage and usage.last_day else None
