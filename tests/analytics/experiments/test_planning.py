"""How many subjects it takes, as it is asked for."""

from unittest.mock import Mock

import pytest

from analytics.experiments.planning import BOUNDS, Plan, planned, read_plan
from analytics.statistics import power
from tenants.problems import Invalid


def test_a_rate_and_the_days_it_takes() -> None:
    plan = planned(read_plan({"baseline": "0.05", "lift": "0.05", "a_day": "10000"}))

    assert plan["subjects"] == pytest.approx(2 * 121_600, rel=0.02)
    assert plan["days"] == -(-plan["subjects"] // 10_000)
    assert plan["subjects"] < plan["sequential_subjects"] < 2.1 * plan["subjects"]
    assert [each["days"] for each in plan["detectable"]] == [7, 14, 28, 56]
    assert plan["detectable"][2]["lift"] == pytest.approx(0.0467, rel=0.01)


def test_more_variants_take_more_subjects_each() -> None:
    two, four = (planned(read_plan({"variants": number})) for number in ("2", "4"))

    assert four["subjects"] / 4 > 1.2 * two["subjects"] / 2
    assert two["days"] is None
    assert two["detectable"] == []


def test_a_mean() -> None:
    plan = planned(Plan(kind="mean", baseline=20, lift=0.05, deviation=1, power=0.9, a_day=1))

    assert plan["subjects"] == 45
    assert plan["detectable"][3]["lift"] == pytest.approx(0.0433, rel=0.01)


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "-1e13", "1e13"])
def test_what_is_no_number_in_its_bounds_is_refused(name: str, text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_plan({name: text})

    assert [fault.path for fault in refusal.value.faults] == [name]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"kind": "median"}, "kind"),
        ({"lift": "0"}, "lift"),
        ({"baseline": "0.6", "lift": "0.7"}, "baseline"),
        ({"baseline": "2"}, "baseline"),
        ({"variants": "2.5"}, "variants"),
        ({"alpha": "0.21"}, "alpha"),
        ({"alpha": "1e-300"}, "alpha"),
        ({"power": "0.49999"}, "power"),
        ({"power": "0.999"}, "power"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, str], path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_plan(asked)

    assert [fault.path for fault in refusal.value.faults] == [path]


def test_a_change_that_nobody_can_see_is_refused() -> None:
    with pytest.raises(Invalid, match="too small"):
        planned(Plan(baseline=0.5, lift=1e-9))


@pytest.mark.parametrize(
    "asked",
    [
        {"baseline": "0.9999999995", "lift": "-0.5"},
        {"baseline": "1e-12", "lift": "1e5"},
        {"baseline": "0.000001", "lift": "-0.999999", "variants": "20", "alpha": "0.0001", "power": "0.99"},
        {"kind": "mean", "baseline": "1", "lift": "9", "alpha": "0.2", "power": "0.5"},
        {"kind": "mean", "baseline": "1", "lift": "2", "alpha": "0.2", "power": "0.5"},
        {"kind": "mean", "baseline": "1e-6", "lift": "0.5", "deviation": "1e-6", "variants": "20"},
    ],
)
@pytest.mark.parametrize("a_day", ["1e-9", "1e12"])
def test_at_the_ends_of_all_bounds_there_is_an_answer(asked: dict[str, str], a_day: str) -> None:
    plan = planned(read_plan(asked | {"a_day": a_day}))

    assert 4 <= plan["subjects"] <= plan["sequential_subjects"]
    assert all(each["lift"] is None or each["lift"] > 0 for each in plan["detectable"])


@pytest.mark.parametrize("trouble", [ValueError("f(a) and f(b) must have different signs"), TypeError("array")])
def test_where_no_root_is_found_it_says_what_to_do(trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "brentq", Mock(side_effect=trouble))

    with pytest.raises(Invalid, match="ask for a change that is less extreme"):
        planned(Plan(a_day=100))


def test_a_mean_that_nobody_can_see_is_refused() -> None:
    with pytest.raises(Invalid, match="too small"):
        planned(Plan(kind="mean", baseline=1e-6, lift=0.1, deviation=1e11))
