"""Intervals and tests that may be looked at all the time: published values, and how often they err."""

from math import inf, log

import numpy as np
import pytest

from analytics.statistics.comparisons import Measured, compare
from analytics.statistics.effects import Estimate, mean_of, rate_of
from analytics.statistics.sequential import (
    Evidence,
    difference,
    e_value,
    exceeds,
    exceeds_control,
    mixing,
    mixture,
    no_surer,
)


def test_the_normal_mixture_of_howard_and_ramdas() -> None:
    """confseq, uniform_boundaries_unittest.cpp: of the variance 100, tuned for it, the bound is 30.35209 and rho 12.60056."""
    effect = difference(Estimate(0.1, 0.005, 50), Estimate(0.0, 0.005, 50), tuned_for=100, least=2)

    assert 1 / mixing(0.05, 100) == pytest.approx(12.60056, abs=1e-5)
    assert 100 * (effect.interval.high - effect.value) == pytest.approx(30.35209, abs=1e-5)
    assert log(difference(Estimate(0.3035209, 0.005, 50), Estimate(0, 0.005, 50), tuned_for=100, least=2).p_value) == (
        pytest.approx(log(0.05), abs=1e-5)
    )


def test_the_beta_binomial_mixture_of_howard_and_ramdas() -> None:
    """There, TestOneSidedBetaBinomialMixture: p = 0.2, variance 100, 10 more than expected, which is 135 of 625: -0.07134019."""
    rho = 100 / (-2 * log(0.1) + log(1 - 2 * log(0.1)))

    assert log(e_value(135, 625, 0.2, weight=(rho - 0.16) / 0.8)) == pytest.approx(-0.07134019, abs=1e-6)
    assert log(e_value(125 + 28.41238, 625, 0.2, weight=(rho - 0.16) / 0.8)) == pytest.approx(log(20), abs=1e-4)  # type: ignore[arg-type]  # its bound lies between two counts


def test_the_test_of_the_mixture_is_its_interval() -> None:
    control = Estimate(0.10, 1e-5, 10_000)
    for gap in np.linspace(0, 0.03, 31):
        effect = difference(Estimate(0.10 + gap, 1e-5, 10_000), control)
        assert (effect.p_value < 0.05) == effect.is_significant


def test_nothing_is_said_of_few() -> None:
    few, many = rate_of(60, 99), rate_of(1_000, 10_000)

    assert difference(few, many).p_value == 1
    assert (difference(few, many).interval.low, difference(few, many).interval.high) == (-inf, inf)
    assert difference(rate_of(60, 100), many).is_significant
    assert difference(rate_of(0, 1_000), rate_of(0, 1_000)).interval.low == -inf


def test_none_of_a_hundred_of_what_one_in_a_hundred_does_is_no_difference() -> None:
    few, many = rate_of(0, 100), rate_of(19, 1_900)

    assert not difference(few, many).is_significant
    assert not difference(many, few).is_significant
    assert not compare(Measured(few, successes=0), Measured(many, successes=19)).sequential_lift.is_significant  # type: ignore[union-attr]  # the control is clear of 0
    assert difference(rate_of(0, 2_000), rate_of(40, 4_000)).is_significant


def test_who_differs_without_any_spread_differs() -> None:
    effect = difference(rate_of(150, 150), rate_of(0, 150))

    assert effect.is_significant
    assert effect.p_value < 1e-6
    assert difference(Estimate(2.0, 0, 99), Estimate(1.0, 0, 150)).interval.low == -inf


def test_an_interval_is_never_narrower_for_what_the_other_knows() -> None:
    wide, narrow = Estimate(0, 0.04, 500), Estimate(0.1, 0.01, 500)

    for one, other in ((wide, narrow), (narrow, wide)):
        assert difference(one, other).interval.high > mixture(one, other).interval.high
    assert no_surer(wide, Estimate(0.1, 0.04, 500)) == (wide, Estimate(0.1, 0.04, 500))


def test_a_budget_that_is_exceeded_is_a_breach_and_says_by_how_much() -> None:
    breach = exceeds(30, 1_000, budget=0.01)

    assert breach.is_breach
    assert breach.p_value < 0.001
    assert breach.at_least is not None
    assert 0.01 < breach.at_least < breach.rate == 0.03
    assert exceeds(30, 1_000, budget=breach.at_least).e_value == pytest.approx(20, rel=0.001)


@pytest.mark.parametrize(("failures", "trials"), [(0, 0), (0, 10**9), (3, 3), (12, 1_000), (10_000, 1_000_000)])
def test_a_budget_that_is_kept_is_no_breach(failures: int, trials: int) -> None:
    evidence = exceeds(failures, trials, budget=0.01)

    assert not evidence.is_breach
    assert 0.05 < evidence.p_value <= 1


def test_everything_failing_is_a_breach_whatever_its_size() -> None:
    assert exceeds(10**7, 10**7, budget=0.01).e_value == inf
    assert exceeds(10**7, 10**7, budget=0.01).p_value == 0
    assert exceeds(4, 4, budget=0.01).is_breach


def test_the_e_value_is_one_on_average_at_the_budget() -> None:
    """All outcomes of 200 trials with their probabilities: so by Markov's inequality 1 / alpha comes with at most alpha."""
    from scipy.stats import binom

    chances = binom.pmf(np.arange(201), 200, 0.05)
    values = np.array([e_value(failures, 200, 0.05) for failures in range(201)])

    assert float(chances @ values) == pytest.approx(1, rel=1e-9)
    assert float(binom.pmf(np.arange(201), 200, 0.04) @ values) < 1


def test_a_variant_is_measured_against_the_control() -> None:
    assert exceeds_control(60, 1_000, 25, 1_000).is_breach
    assert exceeds_control(60, 1_000, 250, 9_000).is_breach
    assert not exceeds_control(60, 1_000, 60, 1_000).is_breach
    assert not exceeds_control(25, 1_000, 60, 1_000).is_breach
    assert not exceeds_control(60, 1_000, 25, 1_000, tolerance=1.5).is_breach
    assert exceeds_control(60, 1_000, 250, 9_000).budget == 0.1


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (0, 0, 5, 10), (5, 10, 0, 0)])
def test_without_trials_of_both_nothing_is_said_of_the_control(counts: tuple[int, int, int, int]) -> None:
    assert exceeds_control(*counts).e_value == 1


@pytest.mark.parametrize(
    ("failures", "trials", "budget", "alpha"),
    [(2, 1, 0.1, 0.05), (-1, 1, 0.1, 0.05), (1, 2, 0.0, 0.05), (1, 2, 1.0, 0.05), (1, 2, 0.1, 0.0), (1, 2, 0.1, 1.0)],
)
def test_what_cannot_be_is_refused(failures: int, trials: int, budget: float, alpha: float) -> None:
    with pytest.raises(ValueError, match=r"failures|budget|alpha"):
        exceeds(failures, trials, budget=budget, alpha=alpha)


@pytest.mark.parametrize("refused", [{"failures": 11}, {"control_failures": 11}, {"tolerance": -0.1}, {"alpha": 1.0}])
def test_what_cannot_be_is_refused_against_the_control(refused: dict[str, float]) -> None:
    counts = {"failures": 1, "trials": 10, "control_failures": 1, "control_trials": 10}
    with pytest.raises(ValueError, match=r"failures|tolerance|alpha"):
        exceeds_control(**counts | refused)  # type: ignore[arg-type]  # as the caller must not


def test_evidence_of_nothing_is_no_evidence() -> None:
    assert Evidence(0.0, 0.01, 0.0, 0.05).p_value == 1


def test_the_summary_of_subjects() -> None:
    values = np.random.default_rng(4).normal(3, 2, 500)
    estimate = mean_of(500, float(values.sum()), float((values**2).sum()))

    assert estimate.value == pytest.approx(values.mean())
    assert estimate.squared_error == pytest.approx(values.var(ddof=1) / 500)
    assert rate_of(30, 100).squared_error == pytest.approx(0.3 * 0.7 / 99)
