"""Where intervals lie in plots."""

from typing import Any

from analytics.dashboard.intervals import course_of, forest_of
from analytics.experiments.snapshots import Point


def effect(low: float | None, value: float, high: float | None) -> dict[str, float | None]:
    return {"low": low, "value": value, "high": high}


def metric(sequential: dict[str, float | None], fixed: dict[str, float | None]) -> dict[str, Any]:
    difference = {"sequential": sequential, "fixed": fixed, "adjusted": None}
    rows = [{"variant": "off", "difference": None}, {"variant": "on", "difference": difference}]
    return {"metric": "m", "kind": "mean", "variants": rows}


def test_no_difference_is_the_middle_and_the_furthest_end_fits() -> None:
    forest = forest_of(metric(effect(-2, 3, 8), effect(0, 3, 6)), {"on": "v1"})

    (row,) = forest.rows
    assert forest.reach == 10
    assert row.sequential is not None
    assert (row.sequential.low, row.sequential.value, row.sequential.high) == (40, 65, 90)
    assert row.fixed is not None
    assert (row.fixed.low, row.fixed.width) == (50, 30)
    assert (row.color, forest.control) == ("v1", {"variant": "off", "difference": None})


def test_what_is_not_known_has_no_place() -> None:
    (row,) = forest_of(metric(effect(None, 3, None), effect(0, 3, 6)), {}).rows

    assert row.sequential is None
    assert row.color == "v0"


def test_a_course_of_days_goes_upwards() -> None:
    points = {"on": [Point("2026-11-26", 1, -4, 5), Point("2026-11-27", 1, 0, 2)]}

    course = course_of(points, {"on": "v1"})

    assert course is not None
    first, second = course.strokes
    assert (first.x, second.x) == (25, 75)
    assert (first.mark.low, first.mark.high) == (0, 90)
    assert course.reach == 5
    assert [day for day, _ in course.labelled] == ["2026-11-26", "2026-11-27"]


def test_one_day_is_no_course() -> None:
    assert course_of({"on": [Point("2026-11-26", 1, -4, 5)]}, {}) is None
    assert course_of({}, {}) is None
