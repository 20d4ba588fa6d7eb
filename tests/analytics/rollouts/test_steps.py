"""The steps of a rollout: the presets, and what bodies may say."""

from typing import Any

import pytest

from analytics.rollouts.steps import Step, preset_steps, read_steps, weights_of
from tenants.problems import Invalid


def test_a_canary_goes_from_one_per_cent_to_all_and_waits_after_each_but_the_last() -> None:
    steps = preset_steps("canary", wait_seconds=600, minimum_sample=100)

    assert [step.percent for step in steps] == [1, 5, 25, 100]
    assert [step.wait_seconds for step in steps] == [600, 600, 600, 0]
    assert [step.minimum_sample for step in steps] == [100, 100, 100, 0]


def test_a_canary_by_hand_waits_for_a_person() -> None:
    assert [step.is_by_hand for step in preset_steps("canary", wait_seconds=None)] == [True, True, True, False]


def test_blue_green_swaps_everybody_at_once_and_is_kept() -> None:
    assert preset_steps("blue_green", wait_seconds=86_400) == [Step(100, 86_400)]


def test_there_is_no_other_preset() -> None:
    with pytest.raises(Invalid, match="preset"):
        preset_steps("own")


def test_steps_of_ones_own_have_up_to_three_decimals() -> None:
    steps = read_steps(
        [{"percent": 0.001}, {"percent": 0.125, "wait_seconds": None}, {"percent": 99.999, "minimum_sample": 5}]
    )

    assert steps == [Step(0.001), Step(0.125, None), Step(99.999, 0, 5)]
    assert [weights_of(step, "on", "off") for step in steps] == [
        {"on": 0.001, "off": 99.999},
        {"on": 0.125, "off": 99.875},
        {"on": 99.999, "off": 0.001},
    ]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ([], "steps"),
        ("all", "steps"),
        ([{"percent": 1}] * 51, "steps"),
        ([7], "steps[0]"),
        ([{"wait_seconds": 5}], "steps[0].percent"),
        ([{"percent": 1, "weight": 5}], "steps[0]"),
        ([{"percent": 0}], "steps[0].percent"),
        ([{"percent": 100.5}], "steps[0].percent"),
        ([{"percent": True}], "steps[0].percent"),
        ([{"percent": 0.0001}], "steps[0].percent"),
        ([{"percent": 1e-13}, {"percent": 100}], "steps[0].percent"),
        ([{"percent": "5"}], "steps[0].percent"),
        ([{"percent": 5}, {"percent": 5}], "steps[1].percent"),
        ([{"percent": 25}, {"percent": 5}], "steps[1].percent"),
        ([{"percent": 5, "wait_seconds": -1}], "steps[0].wait_seconds"),
        ([{"percent": 5, "wait_seconds": 90 * 86_400 + 1}], "steps[0].wait_seconds"),
        ([{"percent": 5, "wait_seconds": 1.5}], "steps[0].wait_seconds"),
        ([{"percent": 5, "minimum_sample": True}], "steps[0].minimum_sample"),
        ([{"percent": 5, "minimum_sample": 10**10}], "steps[0].minimum_sample"),
    ],
)
def test_what_is_no_step_is_refused_with_its_path(given: Any, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_steps(given)

    assert [fault.path for fault in refused.value.faults] == [path]
