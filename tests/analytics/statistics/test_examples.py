"""Published worked examples of each method, with their source."""

from math import comb

import numpy as np
import pytest
from scipy.special import beta, chdtrc
from scipy.stats import quantile_test

from analytics.statistics import bayesian, cuped, fixed_horizon, moments, quantiles, sequential
from analytics.statistics.corrections import Correction, corrected
from analytics.statistics.effects import EVERYTHING, Estimate, mean_of
from analytics.statistics.moments import Moments
from tests.analytics.statistics.anorexia import WEIGHTS

# Benjamini and Hochberg (1995), section 3.2: the outcomes of a study of thrombolysis.
THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_two_rates_of_newcombe() -> None:
    """Statistics in Medicine 17 (1998), table II, example (a), method 10: 56 of 70 and 48 of 80 differ by 0.0524 to 0.3339."""
    effect = fixed_horizon.rates(56, 70, 48, 80)

    assert (round(effect.interval.low, 4), round(effect.interval.high, 4)) == (0.0524, 0.3339)
    assert effect.is_significant


def test_the_score_test_is_pearsons_of_two_by_two() -> None:
    """Campbell, Statistics in Medicine 26 (2007), formula 1: Pearson's chi-square with n - 1 in the place of n."""
    pearson = (56 * 32 - 48 * 14) ** 2 * 149 / (70 * 80 * 104 * 46)

    assert fixed_horizon.rates(56, 70, 48, 80).p_value == pytest.approx(chdtrc(1, pearson), rel=1e-6)


def test_two_means_of_growthbook() -> None:
    """gbstats, test_two_sided_ttest: 0.41 ± 3.9 of 3,407 and 0.7 ± 6.2 of 3,461 differ by 0.04538 to 0.53462, p = 0.02016."""
    effect = fixed_horizon.difference(Estimate(0.7, 6.2**2 / 3461, 3461), Estimate(0.41, 3.9**2 / 3407, 3407))

    assert (round(effect.interval.low, 5), round(effect.interval.high, 5)) == (0.04538, 0.53462)
    assert round(effect.p_value, 5) == 0.02016


def test_two_means_of_sleepers() -> None:
    """R, ?t.test: `t.test(extra ~ group, data = sleep)`, Student's own data: p = 0.07939, -3.3654832 to 0.2054832."""
    one = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    two = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])

    effect = fixed_horizon.difference(*(moments.mean(Moments.of(each[:, None])) for each in (one, two)))

    assert round(effect.p_value, 5) == 0.07939
    assert effect.interval.low == pytest.approx(-3.3654832, abs=1e-7)
    assert effect.interval.high == pytest.approx(0.2054832, abs=1e-7)


def test_the_ratio_of_ten_cities() -> None:
    """Davison and Hinkley, "Bootstrap methods" (1997), table 2.1; R, boot, `city`: 1.520, variance 0.0325 (by n, not n - 1)."""
    before = [138, 93, 61, 179, 48, 37, 29, 23, 30, 2]
    after = [143, 104, 69, 260, 75, 63, 50, 48, 111, 50]

    estimate = moments.ratio(Moments.of(np.column_stack([after, before]).astype(float)))

    assert round(estimate.value, 3) == 1.520
    assert round(estimate.squared_error * 9 / 10, 4) == 0.0325


def test_cuped_is_the_analysis_of_covariance_of_anorexia() -> None:
    """R, MASS, ?anorexia: `glm(Postwt ~ Prewt + Treat + offset(Prewt))` has TreatCont -4.0971 and TreatFT 4.5631."""
    girls = {name: Moments.of(np.array(each)[:, ::-1]) for name, each in WEIGHTS.items()}

    adjusted = cuped.means(girls)

    assert round(adjusted["Cont"].value - adjusted["CBT"].value, 4) == -4.0971
    assert round(adjusted["FT"].value - adjusted["CBT"].value, 4) == 4.5631
    assert adjusted["FT"].squared_error < moments.mean(girls["FT"]).squared_error


def test_a_median_of_scipy() -> None:
    """The interval of scipy.stats.quantile_test, by the binomial distribution, where each subject has one value."""
    values = np.random.default_rng(6981396440634228121).uniform(size=400)

    estimate = quantiles.quantile(values, np.arange(400), 0.5)

    bounds = quantile_test(values, q=np.median(values), p=0.5).confidence_interval(0.95)
    assert estimate.squared_error**0.5 * 2 * 1.96 == pytest.approx(bounds.high - bounds.low, rel=0.05)


def test_the_median_of_zeros_and_ones_is_their_mean() -> None:
    """Of the mid-distribution: Ma, Genton and Parzen (2011); and the standard error of a mean, but for a rank on either side."""
    ones = (np.random.default_rng(21).random(4_000) < 0.3).astype(float)

    estimate, mean = quantiles.quantile(ones, np.arange(4_000), 0.5), mean_of(4_000, ones.sum(), ones.sum())

    assert estimate.value == pytest.approx(mean.value)
    a_rank = 2 / 4_000 / quantiles.WIDE
    assert estimate.squared_error**0.5 == pytest.approx(mean.squared_error**0.5 + a_rank, rel=1e-3)


@pytest.mark.parametrize("values", [[3.0] * 99 + [1.0], [3.0] * 100])
def test_of_a_median_that_nearly_everybody_has_nothing_is_known(values: list[float]) -> None:
    most, others = (quantiles.quantile(np.array(each), np.arange(100), 0.9) for each in (values, range(100)))

    for both in ((most, others), (others, most), (most, most)):
        for effect in (fixed_horizon.difference(*both), sequential.difference(*both)):
            assert (effect.interval, effect.p_value) == (EVERYTHING, 1.0)


def test_corrections_of_benjamini_and_hochberg() -> None:
    """Journal of the Royal Statistical Society B 57 (1995), section 3.2: theirs rejects four, Bonferroni's and Holm's three."""
    found = {each: sum(p <= 0.05 for p in corrected(THROMBOLYSIS, each)) for each in Correction}

    assert found == {Correction.BENJAMINI_HOCHBERG: 4, Correction.HOLM: 3}
    assert corrected([]) == []


def test_chance_to_win_of_evan_miller() -> None:
    """The closed form of "Formulas for Bayesian A/B testing", for 120 and 100 of 200."""
    alpha, rest = (101, 121), (101, 81)
    exact = sum(
        beta(alpha[0] + i, rest[0] + rest[1]) / ((rest[1] + i) * beta(1 + i, rest[1]) * beta(alpha[0], rest[0]))
        for i in range(alpha[1])
    )

    assert bayesian.rates(120, 200, 100, 200).chance_to_win == pytest.approx(exact, abs=1e-6)
    assert bayesian.rates(120, 200, 100, 200, higher_is_better=False).chance_to_win == pytest.approx(
        1 - exact, abs=1e-6
    )


def test_expected_losses_of_growthbook() -> None:
    """gbstats, tests/bayesian/test_tests.py: risk [0.03872, 0.01912] of rates and [0.51256, 0.01256] of means."""
    tens = mean_of(10, 105, 1111.5), mean_of(10, 100, 1002.25)

    assert round(bayesian.rates(51, 100, 49, 100).expected_loss, 5) == 0.01912
    assert round(bayesian.rates(49, 100, 51, 100).expected_loss, 5) == 0.03872
    assert round(bayesian.difference(*tens).expected_loss, 5) == 0.01256
    assert round(bayesian.difference(*tens, higher_is_better=False).expected_loss, 5) == 0.51256


def test_chance_to_win_of_a_few_is_counted_out() -> None:
    """One of one against none of one, with uniform priors: P(x > y) of Beta(2, 1) and Beta(1, 2) is 5/6."""
    assert bayesian.rates(1, 1, 0, 1).chance_to_win == pytest.approx(5 / comb(6, 1), abs=1e-4)
