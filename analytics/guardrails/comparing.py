"""Whether a metric of a variant is worse than its budget allows, beside the control's. Pure; asked as often as one likes.

What is allowed is the control's value, made worse by the budget, and known no better than the control is: so its error is
scaled with it. The interval of the difference from that holds at all times at once (`sequential.difference`, which names its
sources): the probability that it ever leaves out the truth is at most `alpha`, and only its better end is looked at.
"""

from dataclasses import dataclass

from analytics.statistics.effects import Effect, Estimate
from analytics.statistics.sequential import LEAST_SUBJECTS, difference


@dataclass(frozen=True, slots=True)
class Promise:
    """`budget`: how much worse the metric may be than the control's, as a part of that; below 1 where higher is better."""

    budget: float
    alpha: float
    least: int
    higher_is_better: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """`beyond` is the variant less what is allowed."""

    allowed: float
    beyond: Effect
    is_breach: bool


def compared(variant: Estimate, control: Estimate, promise: Promise) -> Compared:
    worse = -promise.budget if promise.higher_is_better else promise.budget
    part = 1 + (worse if control.value >= 0 else -worse)
    allowed = Estimate(part * control.value, part**2 * control.squared_error, control.subjects)
    beyond = difference(variant, allowed, alpha=promise.alpha, least=max(LEAST_SUBJECTS, promise.least))
    is_breach = beyond.interval.high < 0 if promise.higher_is_better else beyond.interval.low > 0
    return Compared(allowed.value, beyond, is_breach)
