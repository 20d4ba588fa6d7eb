"""Quantiles of values of which a subject has several: a slow visitor is slow on every page, so that values are not independent.

Many values are the same: stars are whole, latencies are rounded to a millisecond. The least value with that share at or below it
then jumps by a whole step from one sample to the next, and no standard error knows of it. So quantiles are those of the
mid-distribution, where half of those that have a value are below it, with straight lines from value to value: Ma, Genton and
Parzen, "Asymptotic properties of sample quantiles of discrete distributions" (Annals of the Institute of Statistical Mathematics
63, 2011). Where no two values are the same, these are the quantiles that everybody knows.

How far the share below the quantile may be off is a ratio metric (`moments.ratio`); the quantiles that far up and down bound it:
Deng, Knoblich and Lu, "Applying the delta method in metric analytics" (KDD 2018), section 4.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

from analytics.statistics.effects import Estimate
from analytics.statistics.moments import Moments, Numbers, ratio

# So many standard errors up and down are the bounds: those of an interval of 95 %.
WIDE = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Line:
    """From one distinct value to the next: `low_share` and `high_share` of all are below each, with half of its own.

    Above the greatest value, and below the least, both are that value: there it is flat.
    """

    low: float
    low_share: float
    high: float
    high_share: float

    @property
    def is_flat(self) -> bool:
        return self.low == self.high

    def at(self, share: float) -> float:
        return self.low + (self.high - self.low) * self._part(share)

    def weights(self, share: float) -> tuple[float, float]:
        """How much of each value that is `low`, and of each that is `high`, is below the quantile."""
        part = self._part(share)
        return (1 + part) / 2, part / 2

    def counted(self, values: Numbers, share: float) -> Numbers:
        """How much of each of these values is below the quantile: all of those below the line, and nothing of those above."""
        of_low, of_high = self.weights(share)
        return np.select([values < self.low, values <= self.low, values <= self.high], [1.0, of_low, of_high])

    def _part(self, share: float) -> float:
        return (share - self.low_share) / (self.high_share - self.low_share)


def shares_around(values: int, quantile: float, below: Moments) -> tuple[float, float]:
    """below: of each subject, how many of its values are below the quantile, and how many it has."""
    off = WIDE * sqrt(ratio(below).squared_error) + 1 / values
    return quantile - off, quantile + off


def estimate(line: Line, at: float, ends: Iterable[float], subjects: int) -> Estimate:
    """ends: the quantiles at `shares_around`. The error is nan where the line is flat: there nothing is known of it."""
    low, high = ends
    return Estimate(line.at(at), nan if line.is_flat else ((high - low) / (2 * WIDE)) ** 2, subjects)


def quantile(values: Numbers, subjects: NDArray[np.int64], at: float) -> Estimate:
    """values, and the subject of each, numbered from 0 on; of at least two subjects."""
    distinct, which, many = np.unique(values, return_inverse=True, return_counts=True)
    shares = np.concatenate([[0], (np.cumsum(many) - many / 2) / len(values), [1]])
    ends = np.pad(distinct, 1, mode="edge")
    high = int(np.searchsorted(shares, at, side="right"))
    line = Line(*(float(each[place]) for place in (high - 1, high) for each in (ends, shares)))
    below = Moments.of(_below(line.counted(distinct, at)[which], subjects))
    around = np.interp(shares_around(len(values), at, below), shares, ends)
    return estimate(line, at, map(float, around), below.subjects)


def _below(counted: Numbers, subjects: NDArray[np.int64]) -> Numbers:
    whole = np.bincount(subjects)
    return np.column_stack([np.bincount(subjects, weights=counted), whole])[whole > 0].astype(float)
