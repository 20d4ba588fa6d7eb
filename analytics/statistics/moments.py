"""What is kept of the subjects with one variant: how many, and means and covariances of what was measured of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.statistics.effects import Estimate

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Of at least two subjects, each with k measured values.

    means: k of them
    covariance: k by k, of subjects, not of their means
    """

    subjects: int
    means: Numbers
    covariance: Numbers

    @classmethod
    def of(cls, values: Numbers) -> "Moments":
        """values: a row of k for each subject."""
        return cls(len(values), values.mean(axis=0), np.atleast_2d(np.cov(values, rowvar=False)))

    @classmethod
    def summed(cls, subjects: int, sums: Sequence[float], products: Sequence[Sequence[float]]) -> "Moments":
        """sums: of each of k values; products: k by k, of each with each, as a database adds them up."""
        means = np.asarray(sums, float) / subjects
        covariance = (np.asarray(products, float) - subjects * np.outer(means, means)) / (subjects - 1)
        np.fill_diagonal(covariance, np.maximum(np.diag(covariance), 0))
        return cls(subjects, means, covariance)

    def estimate(self, value: float, gradient: Numbers) -> Estimate:
        """Of a function of the means, by the delta method: its value, and its gradient by each mean."""
        return Estimate(value, max(0.0, float(gradient @ self.covariance @ gradient)) / self.subjects, self.subjects)


def mean(moments: Moments) -> Estimate:
    """Of the first value of each subject."""
    return moments.estimate(float(moments.means[0]), np.eye(len(moments.means))[0])


def ratio(moments: Moments) -> Estimate:
    """Of the first values' sum to that of the second ones, whose mean is not 0.

    Subjects are independent, and not what the ratio is taken of (page views of a visitor): Deng, Knoblich and Lu, "Applying the
    delta method in metric analytics" (KDD 2018), section 3.
    """
    return moments.estimate(*ratio_at(moments.means))


def ratio_at(means: Numbers, start: int = 0) -> tuple[float, Numbers]:
    """The ratio of two neighbours among the means, and its gradient."""
    over, under = float(means[start]), float(means[start + 1])
    gradient = np.zeros(len(means))
    gradient[start : start + 2] = 1 / under, -over / under**2
    return over / under, gradient


def capped(values: Numbers, cap: float | None) -> Numbers:
    """Values that count for `cap` at most, so that one subject does not decide. A cap is chosen before, for all variants."""
    return values if cap is None else np.minimum(values, cap)
