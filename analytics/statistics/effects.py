"""What is known of one variant, and of the difference between two."""

from dataclasses import dataclass
from math import inf, isnan, sqrt


@dataclass(frozen=True, slots=True)
class Interval:
    """All from `low` to `high`; infinite ends say that nothing is known on that side."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    @classmethod
    def around(cls, middle: float, half: float) -> "Interval":
        return EVERYTHING if isnan(half) else cls(middle - half, middle + half)


EVERYTHING = Interval(-inf, inf)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is measured of the subjects with one variant.

    value: a mean, rate, ratio or quantile, in the unit of the metric
    squared_error: the square of its standard error, not of the spread of subjects; nan where that is not known
    subjects: how many distinct subjects it is taken of
    """

    value: float
    squared_error: float
    subjects: int


@dataclass(frozen=True, slots=True)
class Effect:
    """A variant less the control, with its interval; `p_value` is two-sided, against "no difference"."""

    value: float
    interval: Interval
    p_value: float

    @property
    def is_significant(self) -> bool:
        """Whether no difference at all is outside the interval."""
        return 0 not in self.interval


def mean_of(subjects: int, total: float, squares: float) -> Estimate:
    """Of at least two subjects, with the sum of their values and the sum of their squares."""
    mean = total / subjects
    variance = max(0.0, squares - total * mean) / (subjects - 1)
    return Estimate(mean, variance / subjects, subjects)


def rate_of(successes: int, subjects: int) -> Estimate:
    """How many of at least two subjects did something."""
    return mean_of(subjects, successes, successes)


def standard_error(one: Estimate, other: Estimate) -> float:
    """Of the difference between two variants, whose subjects are others."""
    return sqrt(one.squared_error + other.squared_error)
