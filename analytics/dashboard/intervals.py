"""Where intervals lie in a plot, in per cent of its width or height."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from analytics.dashboard.plots import label_places, rounded_up
from analytics.experiments.snapshots import Point

MIDDLE = 50.0


@dataclass(frozen=True, slots=True)
class Mark:
    """An interval from `low` to `high` around `value`, as places."""

    low: float
    value: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Row:
    """A variant against the control: what is known of it, and its two intervals; None: nothing is known yet."""

    variant: str
    color: str
    document: Mapping[str, Any]
    sequential: Mark | None
    fixed: Mark | None

    @property
    def difference(self) -> Any:
        return self.document["difference"]

    @property
    def best_fixed(self) -> Any:
        return self.difference["adjusted"] or self.difference["fixed"]


@dataclass(frozen=True, slots=True)
class Forest:
    """One metric, its variants below each other. The plot reaches from -`reach` to `reach`, no difference is its middle."""

    metric: Mapping[str, Any]
    control: Mapping[str, Any] | None
    rows: Sequence[Row]
    reach: float

    @property
    def is_rate(self) -> bool:
        return bool(self.metric["kind"] == "conversion")


@dataclass(frozen=True, slots=True)
class Stroke:
    """One day of one variant: `x`, and its interval as places from the top."""

    color: str
    x: float
    mark: Mark


@dataclass(frozen=True, slots=True)
class Day:
    """One row of the table: a point for each variant, None where too little was known of it."""

    start: datetime
    points: Sequence[Point | None]


@dataclass(frozen=True, slots=True)
class Course:
    """Sequential intervals day by day; no difference is the middle of the plot."""

    strokes: Sequence[Stroke]
    days: Sequence[str]
    rows: Sequence[Day]
    variants: Sequence[tuple[str, str]]
    reach: float

    @property
    def labelled(self) -> list[tuple[str, float]]:
        width = 100 / len(self.days)
        return [(self.days[place], width * (place + 0.5)) for place in label_places(len(self.days))]


def forest_of(metric: Mapping[str, Any], colors: Mapping[str, str]) -> Forest:
    compared = [row for row in metric["variants"] if row["difference"]]
    reach = rounded_up(max((abs(end) for row in compared for end in _ends(row["difference"])), default=0))
    rows = [
        Row(
            row["variant"],
            colors.get(row["variant"], "v0"),
            row,
            _mark(row["difference"]["sequential"], reach),
            _mark(row["difference"]["adjusted"] or row["difference"]["fixed"], reach),
        )
        for row in compared
    ]
    control = next((row for row in metric["variants"] if not row["difference"]), None)
    return Forest(metric, control, rows, reach)


def _ends(difference: Mapping[str, Any]) -> list[float]:
    effects = (difference["sequential"], difference["adjusted"] or difference["fixed"])
    return [end for effect in effects for end in (effect["low"], effect["high"]) if end is not None]


def _mark(effect: Mapping[str, Any], reach: float) -> Mark | None:
    if effect["low"] is None or effect["high"] is None:
        return None
    return Mark(*(MIDDLE + MIDDLE * effect[name] / reach for name in ("low", "value", "high")))


def course_of(points: Mapping[str, Sequence[Point]], colors: Mapping[str, str]) -> Course | None:
    """None: of fewer than two days anything is known."""
    days = sorted({point.day for each in points.values() for point in each})
    if len(days) < 2:
        return None
    reach = rounded_up(max(abs(end) for each in points.values() for point in each for end in (point.low, point.high)))
    slot = 100 / len(days)
    strokes = []
    for number, (variant, each) in enumerate(points.items()):
        shift = slot * (number + 1) / (len(points) + 1)
        for point in each:
            places = (MIDDLE - MIDDLE * value / reach for value in (point.high, point.value, point.low))
            strokes.append(Stroke(colors.get(variant, "v0"), slot * days.index(point.day) + shift, Mark(*places)))
    rows = [_day(day, points) for day in days]
    variants = [(variant, colors.get(variant, "v0")) for variant in points]
    return Course(strokes, days, rows, variants, reach)


def _day(day: str, points: Mapping[str, Sequence[Point]]) -> Day:
    of_day = [next((point for point in each if point.day == day), None) for each in points.values()]
    return Day(datetime.fromisoformat(day).replace(tzinfo=UTC), of_day)
