"""One flag in one environment, as applications evaluated it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from analytics import selectors
from analytics.dashboard import colors, plots
from analytics.dashboard.ranges import Range
from analytics.sample_ratio import SampleRatio, sample_ratio
from analytics.selectors import Window, by_variant_and_reason, counts_of
from analytics.tallies import Tally
from flags.models import Flag
from tenants.models import Environment

# Where nothing was told in the chosen time, it is looked so far back for the last evaluation.
LOOKED_BACK_DAYS = 30


@dataclass(frozen=True, slots=True)
class Last:
    """The beginning of the step in which the flag was evaluated last."""

    start: datetime
    step: str


@dataclass(frozen=True, slots=True)
class Share:
    """A variant of a split: its part in per cent as it is configured, of the sampled subjects, and of the evaluations."""

    variant: str
    value: object
    configured: float | None
    subjects: int
    of_subjects: float | None
    evaluations: int
    of_evaluations: float | None


class FlagTelemetry:
    """Each part is worked out when a template asks for it; three queries, and one more where there was nothing."""

    def __init__(self, flag: Flag, environment: Environment, chosen: Range, now: datetime) -> None:
        self.flag, self.environment, self.now = flag, environment, now
        self.window: Window = chosen.window(now)

    @cached_property
    def _found(self) -> Mapping[datetime, Tally]:
        return selectors.flag_in(self.window, self.environment, self.flag.key)

    @cached_property
    def _points(self) -> list[tuple[datetime, dict[str, int], dict[str, int]]]:
        return [
            (start, *by_variant_and_reason(counts_of(self._found.get(start, {}), self.flag.key)))
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
        return Last(usage.last, "day") if usage and usage.last else None

    # Against the split

    @cached_property
    def ratio(self) -> SampleRatio:
        return sample_ratio(self.flag, self.environment, self.window.begin, self.window.end, now=self.now)

    @property
    def shares(self) -> list[Share]:
        """Of the variants of the splits, and of others that were told to be of a split."""
        configured = self.ratio.expected
        subjects, evaluations = self.ratio.subjects, selectors.split_counts(self._found.values(), self.flag.key)
        sampled, evaluated = sum(subjects.values()), sum(evaluations.values())
        names = dict.fromkeys([*self.flag.variants, *configured, *sorted({*subjects, *evaluations})])
        return [
            Share(
                name,
                self.flag.variants.get(name),
                100 * float(configured[name]) if name in configured else None,
                subjects.get(name, 0),
                100 * subjects.get(name, 0) / sampled if sampled else None,
                evaluations.get(name, 0),
                100 * evaluations.get(name, 0) / evaluated if evaluated else None,
            )
            for name in names
            if name in configured or name in subjects or name in evaluations
        ]
