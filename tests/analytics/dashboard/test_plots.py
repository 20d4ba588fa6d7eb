"""Where bars and lines lie, in per cent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.dashboard.plots import label_places, lines, rounded_up, stacked
from analytics.dashboard.ranges import RANGES, range_named
from analytics.templatetags.telemetry_page import counted, duration, mark, moment, part, short

NOON = datetime(2026, 11, 27, 12, 5, 30, tzinfo=UTC)
TWO = {"on": "v1", "off": "vf"}


def hours(*values: dict[str, int]) -> list[tuple[datetime, dict[str, int]]]:
    return [(NOON + timedelta(hours=number), value) for number, value in enumerate(values)]


def test_what_was_counted_is_piled_up_in_the_order_of_the_colours() -> None:
    stack = stacked(hours({"off": 30, "on": 10}, {}), TWO)

    first, second = stack.bars
    assert (stack.top, stack.total, first.total) == (50, 40, 40)
    assert [(piece.color, piece.y, piece.height) for piece in first.pieces] == [("v1", 80, 20), ("vf", 20, 60)]
    assert [first.slot, first.x, first.width, second.slot, second.x] == pytest.approx([0, 5, 40, 50, 55])
    assert second.pieces == []
    assert [(each.name, each.total, each.share) for each in stack.series] == [("on", 10, 25), ("off", 30, 75)]


def test_a_series_of_nothing_is_left_out_and_nothing_at_all_is_a_plot_too() -> None:
    assert [each.name for each in stacked(hours({"on": 1}), TWO).series] == ["on"]

    nothing = stacked(hours({}, {}), TWO)

    assert (nothing.series, nothing.total, nothing.top) == ([], 0, 1)


@given(st.lists(st.dictionaries(st.sampled_from(["on", "off"]), st.integers(0, 10**12)), min_size=1, max_size=60))
def test_no_bar_leaves_the_plot_and_every_count_is_in_a_bar(values: list[dict[str, int]]) -> None:
    stack = stacked(hours(*values), TWO)

    for bar, value in zip(stack.bars, values, strict=True):
        assert bar.total == sum(value.values()) == sum(bar.counts)
        assert all(-1e-6 <= piece.y <= 100 for piece in bar.pieces)
        assert sum(piece.height for piece in bar.pieces) <= 100 + 1e-6
        assert 0 <= bar.x <= bar.x + bar.width <= 100 + 1e-6


def test_a_line_breaks_where_nothing_was_measured_and_a_lone_point_is_a_dot() -> None:
    plot = lines([(NOON, {"p50": 5.0}), (NOON, {"p50": 10.0}), (NOON, {}), (NOON, {"p50": 0.0})], {"p50": "v1"})

    assert plot.lines[0].paths == ["12.50,50.00 37.50,0.00", "87.50,100.00 87.50,100.00"]
    assert [values for _, values in plot.rows] == [[5.0], [10.0], [None], [0.0]]


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (1, 1), (7, 10), (11, 20), (21, 25), (40, 50), (1001, 2000), (0.3, 0.5), (1.5e308, 2e300), (5e-324, 1)],
)
def test_an_axis_ends_at_a_number_that_reads_well(value: float, top: float) -> None:
    assert rounded_up(value) == pytest.approx(top)


@pytest.mark.parametrize("count", [1, 5, 7, 24, 30, 60])
def test_there_is_room_for_the_words_below(count: int) -> None:
    places = label_places(count)

    assert places[0] == 0
    assert len(places) <= 5
    assert places[-1] < count


@pytest.mark.parametrize(("name", "begin", "end", "count"), [
    ("hour", "11:06", "12:06", 60), ("day", "13:00", "13:00", 24), ("week", "00:00", "00:00", 7), ("month", "00:00", "00:00", 30),
])  # fmt: skip
def test_a_range_ends_with_the_step_that_now_lies_in(name: str, begin: str, end: str, count: int) -> None:
    window = range_named(name).window(NOON)

    assert (f"{window.begin:%H:%M}", f"{window.end:%H:%M}", len(window.starts)) == (begin, end, count)
    assert window.starts[-1] <= NOON < window.end


def test_a_range_that_there_is_not_is_the_usual_one() -> None:
    assert range_named("for ever") == range_named(None) == RANGES[1]


def test_numbers_and_moments_read_well() -> None:
    assert [duration(each) for each in (0.5, 250, 1_250, 12_500_000, 2_000_000_000, 4_000_000_000_000)] == [
        "0.5 ns", "250 ns", "1.25 µs", "12.5 ms", "2 s", "4,000 s",
    ]  # fmt: skip
    assert [counted(each) for each in (0, 2.5, 1_200, 2_500_000.0)] == ["0", "2.5", "1,200", "2,500,000"]
    assert [short(each) for each in (0.5, 5_000, 2_500_000, 5e9)] == ["0.5", "5,000", "2.5 M", "5 G"]
    assert [part(each) for each in (0, 0.01, 33.333, 100)] == ["0.0 %", "< 0.1 %", "33.3 %", "100.0 %"]
    assert [mark(NOON, step) for step in ("minute", "day")] == ["12:05", "27 Nov"]
    assert [moment(NOON, step) for step in ("minute", "hour", "day")] == [
        "27 Nov 2026 12:05", "27 Nov 2026, in the hour from 12:05", "27 Nov 2026",
    ]  # fmt: skip
