"""Made-up subjects whose truth is known: what simulations measure."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from scipy.special import ndtri

from analytics.statistics import cuped, fixed_horizon, quantiles
from analytics.statistics.effects import Effect, Estimate
from analytics.statistics.moments import Moments, Numbers, mean, ratio

SUBJECTS = 600
SLOW_PAGES = 0.3
# Who gives one value each.
RATERS = 4_000


@dataclass(frozen=True)
class World:
    """How one experiment comes out, and what is true of it."""

    outcome: Callable[[np.random.Generator], Effect]
    truth: float


def rates(random: np.random.Generator) -> Effect:
    return fixed_horizon.rates(int(random.binomial(1_500, 0.05)), 1_500, int(random.binomial(1_500, 0.04)), 1_500)


def spent(random: np.random.Generator, mean_spent: float) -> Estimate:
    return mean(Moments.of(random.gamma(2, mean_spent / 2, (SUBJECTS, 1))))


def means(random: np.random.Generator) -> Effect:
    return fixed_horizon.difference(spent(random, 11), spent(random, 10))


def lifts(random: np.random.Generator) -> Effect:
    both = fixed_horizon.lift(spent(random, 11), spent(random, 10))
    assert both is not None
    return fixed_horizon.difference(*both)


def clicks(random: np.random.Generator, taste: Numbers) -> Numbers:
    """Clicks and views of each subject, of whom some view much more than others."""
    views = 1 + random.poisson(random.gamma(1, 4, len(taste)))
    return np.column_stack([random.binomial(views, taste), views]).astype(float)


def ratios(random: np.random.Generator) -> Effect:
    return fixed_horizon.difference(
        *(ratio(Moments.of(clicks(random, random.beta(2 * share, 2 - 2 * share, SUBJECTS)))) for share in (0.35, 0.3))
    )


def waits(random: np.random.Generator, *, factor: float, by_subject: bool = True) -> Estimate:
    """The slowest tenth of page views, most of which are of slow subjects."""
    subjects = np.repeat(np.arange(SUBJECTS), 1 + random.poisson(4, SUBJECTS))
    slowness = random.normal(0, 1, SUBJECTS)[subjects] + random.normal(0, SLOW_PAGES, len(subjects))
    values = factor * np.exp(slowness)
    return quantiles.quantile(values, subjects if by_subject else np.arange(len(values)), 0.9)


def slowest(random: np.random.Generator) -> Effect:
    return fixed_horizon.difference(waits(random, factor=1.2), waits(random, factor=1.0))


def slowest_by_value(random: np.random.Generator) -> Effect:
    """As if every page view were another subject, which is wrong."""
    both = (waits(random, factor=factor, by_subject=False) for factor in (1.2, 1.0))
    return fixed_horizon.difference(*both)


STARS = np.arange(1.0, 6.0)
SHARES_OF_STARS = np.array([0.1, 0.15, 0.25, 0.3, 0.2])


def stars(random: np.random.Generator, shares: Numbers) -> Estimate:
    """The median of whole numbers: half of all subjects give three or fewer."""
    return quantiles.quantile(random.choice(STARS, RATERS, p=shares), np.arange(RATERS), 0.5)


def starred(random: np.random.Generator) -> Effect:
    return fixed_horizon.difference(stars(random, SHARES_OF_STARS[::-1]), stars(random, SHARES_OF_STARS))


def habits(random: np.random.Generator, gain: float) -> Moments:
    """What subjects spend after and before: correlated by 0.8."""
    before = random.normal(50, 10, SUBJECTS)
    return Moments.of(np.column_stack([gain + 0.8 * before + random.normal(0, 6, SUBJECTS), before]))


def adjusted_means(random: np.random.Generator) -> Effect:
    both = cuped.means({"on": habits(random, 1.0), "off": habits(random, 0.0)})
    return fixed_horizon.difference(both["on"], both["off"])


def tastes(random: np.random.Generator, gain: float) -> Moments:
    """Clicks and views after and before, by the same taste."""
    taste = random.beta(0.6, 1.4, SUBJECTS)
    return Moments.of(np.hstack([clicks(random, taste + gain * (1 - taste)), clicks(random, taste)]))


def adjusted_ratios(random: np.random.Generator) -> Effect:
    both = cuped.ratios({"on": tastes(random, 0.1), "off": tastes(random, 0.0)})
    return fixed_horizon.difference(both["on"], both["off"])


WORLDS = {
    "rates": World(rates, 0.01),
    "means": World(means, 1.0),
    "lift": World(lifts, 0.1),
    "ratios": World(ratios, 0.05),
    "quantiles": World(slowest, 0.2 * exp(float(ndtri(0.9)) * sqrt(1 + SLOW_PAGES**2))),
    "quantiles of stars": World(starred, -1 / 1.1),
    "means with CUPED": World(adjusted_means, 1.0),
    "ratios with CUPED": World(adjusted_ratios, 0.07),
}
