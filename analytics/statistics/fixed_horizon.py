"""Effects at one moment that was chosen before: confidence intervals and p values that hold there, and nowhere else.

Sources: Welch's t test (SciPy's t distribution); for rates Newcombe's hybrid score interval (Statistics in Medicine 1998, method
10) and the score test (statsmodels); for lifts the delta method (Deng, Knoblich and Lu, KDD 2018, section 2.2).
"""

from math import copysign, sqrt

import numpy as np
from scipy.stats import t as student
from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

from analytics.statistics.effects import EVERYTHING, Effect, Estimate, Interval, standard_error

ALPHA = 0.05
CLEAR_OF_NOTHING = 3


def difference(variant: Estimate, control: Estimate, *, alpha: float = ALPHA) -> Effect:
    """A variant less the control, whose subjects are at least two each: of means, ratios, quantiles."""
    gap, error = variant.value - control.value, standard_error(variant, control)
    if not error > 0:
        return Effect(gap, EVERYTHING, 1.0)
    freedom = _freedom(variant, control)
    p_value = 2 * float(student.sf(abs(gap) / error, freedom))
    return Effect(gap, Interval.around(gap, error * float(student.isf(alpha / 2, freedom))), p_value)


def _freedom(variant: Estimate, control: Estimate) -> float:
    """By Welch and Satterthwaite."""
    parts = [each.squared_error**2 / (each.subjects - 1) for each in (variant, control)]
    return float((variant.squared_error + control.squared_error) ** 2 / sum(parts))


def rates(
    successes: int, subjects: int, control_successes: int, control_subjects: int, *, alpha: float = ALPHA
) -> Effect:
    """The rate of a variant less that of the control."""
    counts = successes, subjects, control_successes, control_subjects
    gap = successes / subjects - control_successes / control_subjects
    low, high = confint_proportions_2indep(*counts, method="newcomb", alpha=alpha)
    if successes + control_successes in (0, subjects + control_subjects):
        return Effect(gap, Interval(float(low), float(high)), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # of ratios that are given along with it, and not asked for
        p_value = test_proportions_2indep(*counts, method="score").pvalue
    return Effect(gap, Interval(float(low), float(high)), float(p_value))


def lift(variant: Estimate, control: Estimate) -> tuple[Estimate, Estimate] | None:
    """Both by the size of the control's value, so that their difference is the lift: 0.05 is five per cent more, also of a
    control below 0, where -9.5 is five per cent more than -10.

    None: the control is less than `CLEAR_OF_NOTHING` standard errors away from 0, where the delta method fails.
    """
    if not abs(control.value) > CLEAR_OF_NOTHING * sqrt(control.squared_error):
        return None
    times, square = variant.value / abs(control.value), control.value**2
    return (
        Estimate(times, variant.squared_error / square, variant.subjects),
        Estimate(copysign(1.0, control.value), times**2 * control.squared_error / square, control.subjects),
    )
