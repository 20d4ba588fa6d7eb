"""A metric beside its control's, worse than allowed or not: what is promised holds however often one looks."""

import numpy as np
import pytest

from analytics.guardrails.comparing import Promise, compared
from analytics.statistics import fixed_horizon
from analytics.statistics.effects import Estimate, rate_of
from analytics.statistics.sequential import difference

SELLS = Promise(budget=0.1, alpha=0.01, least=100, higher_is_better=True)
FAILS = Promise(budget=0.5, alpha=0.01, least=100, higher_is_better=False)
WATCHES, LOOKS, BETWEEN = 200, 30, 250


def test_a_rate_that_fell_too_far_is_a_breach_and_one_that_fell_a_little_is_none() -> None:
    assert compared(rate_of(400, 10_000), rate_of(1_000, 10_000), SELLS).is_breach
    assert not compared(rate_of(900, 10_000), rate_of(1_000, 10_000), SELLS).is_breach
    assert not compared(rate_of(1_600, 10_000), rate_of(1_000, 10_000), SELLS).is_breach


def test_errors_that_rose_too_far_are_a_breach_and_some_more_are_none() -> None:
    assert compared(rate_of(300, 10_000), rate_of(100, 10_000), FAILS).is_breach
    assert not compared(rate_of(150, 10_000), rate_of(100, 10_000), FAILS).is_breach
    assert not compared(rate_of(20, 10_000), rate_of(100, 10_000), FAILS).is_breach


def test_few_subjects_say_nothing_however_bad_it_looks() -> None:
    for_more = Promise(0.1, 0.01, least=500, higher_is_better=True)

    assert not compared(rate_of(1, 99), rate_of(90, 99), SELLS).is_breach
    assert compared(rate_of(1, 100), rate_of(90, 100), SELLS).is_breach
    assert not compared(rate_of(1, 499), rate_of(450, 499), for_more).is_breach


def test_a_small_variant_without_any_sale_of_a_rare_kind_is_no_breach() -> None:
    assert not compared(rate_of(0, 100), rate_of(19, 1_900), SELLS).is_breach
    assert compared(rate_of(0, 2_000), rate_of(190, 19_000), SELLS).is_breach


def test_what_is_allowed_is_known_no_better_than_the_control() -> None:
    control = Estimate(10.0, 0.04, 10_000)

    found = compared(Estimate(9.0, 0.04, 10_000), control, SELLS)

    assert found.allowed == pytest.approx(9.0)
    exact = difference(Estimate(9.0, 0.04, 10_000), Estimate(9.0, 0.04 * 0.81, 10_000), alpha=0.01)
    assert found.beyond.interval.high == pytest.approx(exact.interval.high)


@pytest.mark.parametrize(("value", "allowed"), [(10.0, 9.0), (-10.0, -11.0), (0.0, 0.0)])
def test_worse_is_less_also_below_zero(value: float, allowed: float) -> None:
    assert compared(Estimate(0, 1, 500), Estimate(value, 1, 500), SELLS).allowed == pytest.approx(allowed)


def test_variants_that_just_keep_the_budget_raise_no_more_alarms_than_promised(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Errors of exactly half as many again as allowed, peeked at 30 times; a test that is made for one look does not hold."""
    promise = Promise(0.5, 0.05, 100, higher_is_better=False)
    random = np.random.default_rng(20261127)
    ours = random.binomial(BETWEEN, 0.15, (WATCHES, LOOKS)).cumsum(axis=1)
    control = random.binomial(BETWEEN, 0.10, (WATCHES, LOOKS)).cumsum(axis=1)
    alarms = alarms_of_one_look = 0
    for watch in range(WATCHES):
        looks = [
            (
                rate_of(int(ours[watch, look]), (look + 1) * BETWEEN),
                rate_of(int(control[watch, look]), (look + 1) * BETWEEN),
            )
            for look in range(LOOKS)
        ]
        alarms += any(compared(*each, promise).is_breach for each in looks)
        alarms_of_one_look += any(at_one_look(*each) for each in looks)

    with capsys.disabled():
        print(f"\n  {alarms / WATCHES:.1%} false alarms, {alarms_of_one_look / WATCHES:.1%} by tests for one look")  # noqa: T201
    assert alarms <= 0.05 * WATCHES
    assert alarms_of_one_look > 0.1 * WATCHES


def at_one_look(variant: Estimate, control: Estimate) -> bool:
    scaled = Estimate(1.5 * control.value, 2.25 * control.squared_error, control.subjects)
    return fixed_horizon.difference(variant, scaled, alpha=0.05).interval.low > 0


def test_a_fault_is_found() -> None:
    random = np.random.default_rng(5)
    found = 0
    for _ in range(100):
        ours, control = random.binomial(1_000, 0.08), random.binomial(1_000, 0.16)
        found += compared(rate_of(int(ours), 1_000), rate_of(int(control), 1_000), SELLS).is_breach

    assert found > 40
