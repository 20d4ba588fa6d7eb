"""How likely a variant is better than the control, and what is lost on average by choosing it, given what was measured.

Rates have the beta posterior of a uniform prior: Evan Miller, "Formulas for Bayesian A/B testing" (2015); the loss is that of
Chris Stucchio, "Easy evaluation of decision rules in Bayesian A/B testing" (2014). Everything else has a normal posterior with a
flat prior. It says nothing about how often one errs when one stops as soon as it looks good.
"""

from dataclasses import dataclass
from math import exp, pi, sqrt

import numpy as np
from scipy.special import betainc, ndtr

from analytics.statistics.effects import Estimate, standard_error

# The posterior is integrated this far around its middle, on so many points.
DEVIATIONS = 12
POINTS = 4001


@dataclass(frozen=True, slots=True)
class Belief:
    """chance_to_win: that the variant is better; expected_loss: how much worse it is on average, 0 where it is better."""

    chance_to_win: float
    expected_loss: float


def difference(variant: Estimate, control: Estimate, *, higher_is_better: bool = True) -> Belief:
    gain = (variant.value - control.value) * (1 if higher_is_better else -1)
    error = standard_error(variant, control)
    if not error > 0:
        return Belief(0.5 if gain == 0 else float(gain > 0), max(0.0, -gain))
    chance = float(ndtr(gain / error))
    return Belief(chance, max(0.0, error * exp(-((gain / error) ** 2) / 2) / sqrt(2 * pi) - gain * (1 - chance)))


def rates(
    successes: int, subjects: int, control_successes: int, control_subjects: int, *, higher_is_better: bool = True
) -> Belief:
    variant, control = _Posterior(successes, subjects), _Posterior(control_successes, control_subjects)
    better, worse = (variant, control) if higher_is_better else (control, variant)
    ends = [each.mean + sign * DEVIATIONS * each.deviation for each in (variant, control) for sign in (-1, 1)]
    at = np.linspace(max(0.0, min(ends)), min(1.0, max(ends)), POINTS)
    below_better, below_worse = (betainc(each.successes, each.failures, at) for each in (better, worse))
    chance = np.trapezoid(below_worse, below_better)
    loss = np.trapezoid(below_better * (1 - below_worse), at)
    return Belief(min(1.0, float(chance)), max(0.0, float(loss)))


class _Posterior:
    """The beta distribution of a rate, whose prior is one success and one failure."""

    def __init__(self, successes: int, subjects: int) -> None:
        self.successes, self.failures = successes + 1, subjects - successes + 1
        whole = self.successes + self.failures
        self.mean = self.successes / whole
        self.deviation = sqrt(self.mean * (1 - self.mean) / (whole + 1))
