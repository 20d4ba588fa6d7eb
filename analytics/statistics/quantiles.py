"""Quantiles of values of which a subject has several: a slow visitor is slow on every page, so that values are not independent.

Deng, Knoblich and Lu, "Applying the delta method in metric analytics" (KDD 2018), section 4: how far the share of values below
the quantile may be off is a ratio metric (`moments.ratio`); the values at the ranks that far up and down bound the quantile.
"""

from dataclasses import dataclass
from math import ceil, floor, sqrt

import numpy as np
from numpy.typing import NDArray

from analytics.statistics.effects import Estimate
from analytics.statistics.moments import Moments, Numbers, ratio

# So many standard errors up and down are the ranks taken: those of an interval of 95 %.
WIDE = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Ranks:
    """Places among all values in order, from 1 on."""

    low: int
    high: int


def rank_of(values: int, quantile: float) -> int:
    """The place of the quantile itself among at least one value: the lowest with that share at or below it."""
    return min(values, max(1, ceil(round(quantile * values, 9))))


def ranks_around(values: int, quantile: float, below: Moments) -> Ranks:
    """below: of each subject, how many of its values are at or below the quantile, and how many it has."""
    off = values * WIDE * sqrt(ratio(below).squared_error)
    place = quantile * values
    return Ranks(max(1, floor(place - off)), min(values, ceil(place + off) + 1))


def estimate(value: float, low: float, high: float, subjects: int) -> Estimate:
    """Of the quantile and the values at its ranks around."""
    return Estimate(value, ((high - low) / (2 * WIDE)) ** 2, subjects)


def quantile(values: Numbers, subjects: NDArray[np.int64], at: float) -> Estimate:
    """values, and the subject of each, numbered from 0 on; of at least two subjects."""
    ordered = np.sort(values)
    found = float(ordered[rank_of(len(values), at) - 1])
    counts = np.bincount(subjects)
    below = np.bincount(subjects, weights=values <= found)
    ranks = ranks_around(len(values), at, Moments.of(np.column_stack([below, counts])[counts > 0].astype(float)))
    return estimate(found, float(ordered[ranks.low - 1]), float(ordered[ranks.high - 1]), int((counts > 0).sum()))
