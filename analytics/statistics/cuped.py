"""CUPED: less noise by what is known of subjects from before they met a variant, which no variant can have changed.

Deng, Xu, Kohavi and Walker, "Improving the sensitivity of online controlled experiments by utilizing pre-experiment data" (WSDM
2013): the variance falls by the square of the correlation between before and after. The slope is that within variants, as in an
analysis of covariance; for ratios it is that of their linear parts, by the delta method.
"""

from collections.abc import Callable, Mapping

import numpy as np

from analytics.statistics.effects import Estimate
from analytics.statistics.moments import Moments, Numbers, ratio_at

# A function of means, and its gradient.
Measured = Callable[[Numbers], tuple[float, Numbers]]


def means(variants: Mapping[str, Moments]) -> dict[str, Estimate]:
    """Of (after, before) of each subject, by variant."""
    return _adjusted(variants, lambda at: _mean_at(at, 0), lambda at: _mean_at(at, 1))


def ratios(variants: Mapping[str, Moments]) -> dict[str, Estimate]:
    """Of (over, under) after and (over, under) before of each subject, by variant; no mean of an under is 0."""
    return _adjusted(variants, ratio_at, lambda at: ratio_at(at, 2))


def _mean_at(at: Numbers, place: int) -> tuple[float, Numbers]:
    return float(at[place]), np.eye(len(at))[place]


def _adjusted(variants: Mapping[str, Moments], after: Measured, before: Measured) -> dict[str, Estimate]:
    slope = _slope(variants, after, before)
    together = [each.means for each in variants.values()]
    common, _ = before(np.average(together, axis=0, weights=[each.subjects for each in variants.values()]))
    adjusted = {}
    for variant, each in variants.items():
        (value, gradient), (value_before, gradient_before) = after(each.means), before(each.means)
        corrected = value - slope * (value_before - common)
        adjusted[variant] = each.estimate(corrected, gradient - slope * gradient_before)
    return adjusted


def _slope(variants: Mapping[str, Moments], after: Measured, before: Measured) -> float:
    together = spread = 0.0
    for each in variants.values():
        (_, gradient), (_, gradient_before) = after(each.means), before(each.means)
        weighed = (each.subjects - 1) * each.covariance @ gradient_before
        together += float(gradient @ weighed)
        spread += float(gradient_before @ weighed)
    return together / spread if spread > 0 else 0.0
