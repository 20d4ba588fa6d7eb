"""How many subjects it takes, as it is asked for."""

import pytest

from analytics.experiments.planning import BOUNDS, Plan, planned, read_plan
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
        ({"alpha": "0.6"}, "alpha"),
        ({"power": "0.2"}, "power"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, str], path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_plan(asked)

    assert [fault.path for fault in refusal.value.faults] == [path]


def test_a_change_that_nobody_can_see_is_refused() -> None:
    with pytest.raises(Invalid, match="too small"):
        planned(Plan(baseline=0.5, lift=1e-9))
