"""Where everything of a plot lies, in per cent of its width and height, so that it fits a phone as well as a desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor, log10

# Of the width that a bar has, this stays free.
GAP = 0.2
# So many words fit below a plot on a phone.
MOST_LABELS = 5
STEPS_OF_AN_AXIS = (1, 2, 2.5, 5, 10)
# Beyond these a double has no room for the steps.
SMALLEST, LARGEST = 1e-300, 1e300


@dataclass(frozen=True, slots=True)
class Series:
    """`total` is the sum over all points, and `share` its part of all series in per cent."""

    name: str
    color: str
    total: int
    share: float


@dataclass(frozen=True, slots=True)
class Piece:
    color: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One point in time. `slot` is all of its width, `x` and `width` what is filled; `counts` in the order of the series."""

    start: datetime
    slot: float
    slot_width: float
    x: float
    width: float
    pieces: Sequence[Piece]
    counts: Sequence[int]
    total: int


@dataclass(frozen=True, slots=True)
class Stack:
    """Counts over time, piled up by series. `top` is the number at the upper edge."""

    series: Sequence[Series]
    bars: Sequence[Bar]
    top: float
    total: int

    @property
    def labelled(self) -> list[Bar]:
        return [self.bars[place] for place in label_places(len(self.bars))]

    @property
    def half(self) -> float:
        return self.top / 2


@dataclass(frozen=True, slots=True)
class Line:
    """`paths` are the points of each unbroken stretch, as SVG writes them, in a box of 100 by 100."""

    name: str
    color: str
    paths: Sequence[str]


@dataclass(frozen=True, slots=True)
class Lines:
    """Measures over time; there are none where nothing was measured."""

    lines: Sequence[Line]
    starts: Sequence[datetime]
    rows: Sequence[tuple[datetime, Sequence[float | None]]]
    top: float

    @property
    def half(self) -> float:
        return self.top / 2

    @property
    def labelled(self) -> list[tuple[datetime, float]]:
        width = 100 / len(self.starts)
        return [(self.starts[place], width * (place + 0.5)) for place in label_places(len(self.starts))]


def stacked(points: Sequence[tuple[datetime, Mapping[str, int]]], colors: Mapping[str, str]) -> Stack:
    """The series are those with a colour, in its order, as far as there is anything of them."""
    sums = {name: sum(counts.get(name, 0) for _, counts in points) for name in colors}
    names = [name for name, total in sums.items() if total]
    whole = sum(sums.values())
    series = [Series(name, colors[name], sums[name], 100 * sums[name] / whole) for name in names]
    top = rounded_up(max((sum(counts.get(name, 0) for name in names) for _, counts in points), default=0))
    bars = [_bar(place, len(points), point, series, top) for place, point in enumerate(points)]
    return Stack(series, bars, top, whole)


def _bar(
    place: int, count: int, point: tuple[datetime, Mapping[str, int]], series: Sequence[Series], top: float
) -> Bar:
    start, given = point
    slot = 100 / count
    counts = [given.get(each.name, 0) for each in series]
    pieces, below = [], 0.0
    for each, number in zip(series, counts, strict=True):
        height = 100 * number / top
        below += height
        if number:
            pieces.append(Piece(each.color, 100 - below, height))
    left = slot * (place + GAP / 2)
    return Bar(start, slot * place, slot, left, slot * (1 - GAP), pieces, counts, sum(counts))


def lines(points: Sequence[tuple[datetime, Mapping[str, float]]], colors: Mapping[str, str]) -> Lines:
    """A point in time of which a measure is missing breaks its line."""
    top = rounded_up(max((value for _, measures in points for value in measures.values()), default=0))
    drawn = [
        Line(name, color, _paths([measures.get(name) for _, measures in points], top)) for name, color in colors.items()
    ]
    rows = [(start, [measures.get(name) for name in colors]) for start, measures in points]
    return Lines(drawn, [start for start, _ in points], rows, top)


def _paths(values: Sequence[float | None], top: float) -> list[str]:
    width, stretches = 100 / len(values), [[""]]
    for place, value in enumerate(values):
        if value is None:
            stretches.append([""])
        else:
            stretches[-1].append(f"{width * (place + 0.5):.2f},{100 - 100 * value / top:.2f}")
    # A stretch of one point is drawn as a dot: a line from it to itself, whose ends are round.
    return [" ".join(each[1:] if len(each) > 2 else each[1:] * 2) for each in stretches if len(each) > 1]


def rounded_up(value: float) -> float:
    """The next number that reads well on an axis: 1, 2, 2.5 or 5 with zeros behind; 1 for nothing."""
    if not value > SMALLEST:
        return 1
    value = min(value, LARGEST)
    power: float = 10 ** floor(log10(value))
    return next(step * power for step in STEPS_OF_AN_AXIS if step * power >= value)


def label_places(count: int) -> list[int]:
    """Which of so many points get a word: some, evenly, the first among them."""
    return list(range(0, count, -(-count // MOST_LABELS)))
