"""What a guardrail saw, beside its budget, as a small plot: by minute at first, later by as many as fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.dashboard.plots import label_places, rounded_up
from analytics.guardrails.evidence import Count
from analytics.models import Guardrail

MOST_POINTS = 120


@dataclass(frozen=True, slots=True)
class Point:
    """`value` is a share in per cent, or what Prometheus answered; `control` is that of the variant that it is compared with."""

    start: datetime
    value: float | None
    control: float | None = None
    counts: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    points: Sequence[Point]
    budget: float | None
    top: float
    unit: str

    @property
    def half(self) -> float:
        return self.top / 2

    @property
    def paths(self) -> list[tuple[str, str]]:
        """A colour and its points in a box of 100 by 100."""
        lines = [("v5", [point.value for point in self.points]), ("v1", [point.control for point in self.points])]
        return [(color, self._path(values)) for color, values in lines if any(value is not None for value in values)]

    def _path(self, values: Sequence[float | None]) -> str:
        width = 100 / len(values)
        known = [(place, value) for place, value in enumerate(values) if value is not None]
        drawn = [f"{width * (place + 0.5):.2f},{self.height(value):.2f}" for place, value in known]
        return " ".join(drawn * 2 if len(drawn) == 1 else drawn)

    def height(self, value: float) -> float:
        return 100 - 100 * max(0.0, min(value, self.top)) / self.top

    @property
    def budget_height(self) -> float | None:
        return None if self.budget is None else self.height(self.budget)

    @property
    def labelled(self) -> list[tuple[datetime, float]]:
        width = 100 / len(self.points)
        return [(self.points[place].start, width * (place + 0.5)) for place in label_places(len(self.points))]


def plot_of(guardrail: Guardrail) -> Plot | None:
    """None where there is nothing yet. Below zero nothing is drawn."""
    asks = guardrail.source != Guardrail.Source.ERRORS
    points = answers_of(guardrail) if asks else shares_of(guardrail)
    if not points:
        return None
    budget = _line_of(guardrail)
    seen = [value for point in points for value in (point.value, point.control) if value is not None]
    top = rounded_up(max([*seen, budget or 0]))
    return Plot(points, budget, top, "" if asks else " %")


def _line_of(guardrail: Guardrail) -> float | None:
    """None where it moves with what it is compared with."""
    if guardrail.source == Guardrail.Source.PROMETHEUS:
        return guardrail.budget
    return 100 * guardrail.budget if guardrail.source == Guardrail.Source.ERRORS and not guardrail.control else None


def answers_of(guardrail: Guardrail) -> list[Point]:
    rows = guardrail.points.filter(value__isnull=False).order_by("-start").values_list("start", "value")[:MOST_POINTS]
    return [Point(start, value) for start, value in reversed(rows)]


def shares_of(guardrail: Guardrail) -> list[Point]:
    """Of as many neighbouring minutes together as it takes to fit."""
    sums: dict[datetime, list[Count]] = {}
    for start, variant, trials, failures in guardrail.points.order_by("start").values_list(
        "start", "variant", "trials", "failures"
    ):
        pair = sums.setdefault(start, [Count(), Count()])
        pair[variant != guardrail.variant] += Count(trials, failures)
    starts = list(sums)
    step = -(-len(starts) // MOST_POINTS) or 1
    return [_point({start: sums[start] for start in starts[at : at + step]}) for at in range(0, len(starts), step)]


def _point(together: Mapping[datetime, Sequence[Count]]) -> Point:
    ours, others = Count(), Count()
    for more, others_more in together.values():
        ours, others = ours + more, others + others_more
    rates = [100 * count.rate if count.trials else None for count in (ours, others)]
    return Point(min(together), rates[0], rates[1], (ours.failures, ours.trials))
