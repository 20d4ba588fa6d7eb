"""What may be looked at every day, and acted upon as soon as it shows: intervals and p values that hold at all times at once.

A fixed-horizon p value holds at one moment that was chosen before. Who looks daily and stops at the first p < 0.05 is wrong far
more often than once in twenty times. Here the probability of being wrong *at any time, ever* is at most `alpha`.

- `difference`: a normal mixture over the difference. Johari, Koomen, Pekelis and Walsh, "Always valid inference" (Operations
  Research 2022), section 4, as an asymptotic confidence sequence: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform
  central limit theory and asymptotic confidence sequences" (Annals of Statistics 2024), theorem 2.2. It stands on the central
  limit theorem, so it says nothing before there are `LEAST_SUBJECTS` of each variant.
- `exceeds`: a one-sided beta-binomial mixture, exact for any number of trials. Robbins, "Statistical methods related to the law
  of the iterated logarithm" (1970); Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence
  sequences" (Annals of Statistics 2021), proposition 7.
- `exceeds_control`: the same, of whose the failures are. Lindon and Malek, "Anytime-valid inference for multinomial count data"
  (NeurIPS 2022).
"""

from dataclasses import dataclass, replace
from math import exp, inf, log, log1p, sqrt

from analytics.statistics.effects import EVERYTHING, Effect, Estimate, Interval, standard_error

ALPHA = 0.05
# The interval is narrowest when so many subjects are there, of both variants together. It holds with any number.
TUNED_FOR = 10_000
LEAST_SUBJECTS = 100


def difference(
    variant: Estimate,
    control: Estimate,
    *,
    alpha: float = ALPHA,
    tuned_for: int = TUNED_FOR,
    least: int = LEAST_SUBJECTS,
) -> Effect:
    """A variant less the control, each no surer than both are. `tuned_for` is chosen before the first look, never afterwards."""
    return mixture(*no_surer(variant, control), alpha=alpha, tuned_for=tuned_for, least=least)


def no_surer(variant: Estimate, control: Estimate) -> tuple[Estimate, Estimate]:
    """Both, with standard errors that are no smaller than the spread of all subjects together makes them.

    Of a rare event a small variant has often seen none, so that by itself it looks as if nothing could vary in it. Where there
    is no difference, the spread of all is that of each; where there is one, the interval becomes wider, never narrower.
    """
    both = variant.subjects + control.subjects
    spread = sum(each.subjects**2 * each.squared_error for each in (variant, control)) / both
    if not spread > 0:  # the subjects of each are all alike: only the variants themselves tell how far they spread
        spread = variant.subjects * control.subjects * (variant.value - control.value) ** 2 / both**2
    first, second = (
        replace(each, squared_error=max(each.squared_error, spread / each.subjects)) for each in (variant, control)
    )
    return first, second


def mixture(
    variant: Estimate,
    control: Estimate,
    *,
    alpha: float = ALPHA,
    tuned_for: int = TUNED_FOR,
    least: int = LEAST_SUBJECTS,
) -> Effect:
    """The difference, with standard errors as they are given."""
    gap, error = variant.value - control.value, standard_error(variant, control)
    if min(variant.subjects, control.subjects) < least or not error > 0:
        return Effect(gap, EVERYTHING, 1.0)
    seen = (variant.subjects + control.subjects) * mixing(alpha, tuned_for)
    half = error * sqrt(2 * (seen + 1) / seen * (log1p(seen) / 2 - log(alpha)))
    log_p = log1p(seen) / 2 - (gap / error) ** 2 * seen / (seen + 1) / 2
    return Effect(gap, Interval.around(gap, half), exp(min(0.0, log_p)))


def mixing(alpha: float, tuned_for: int) -> float:
    """The variance of the mixture, for one subject whose values have the variance 1: Waudby-Smith et al., appendix B.2."""
    return (-2 * log(alpha) + log1p(-2 * log(alpha))) / tuned_for


@dataclass(frozen=True, slots=True)
class Evidence:
    """How strongly trials speak against "the rate is within its budget".

    e_value: at most 1 on average while the budget is kept, however long and often one looks; 20 or more comes once in 20 times
    alpha: how often a budget that is kept may be called exceeded, ever
    at_least: the rate is above this, at all times at once, with the probability 1 - alpha; None where that was not asked
    """

    rate: float
    budget: float
    e_value: float
    alpha: float
    at_least: float | None = None

    @property
    def p_value(self) -> float:
        """Always valid: it may be looked at whenever one likes."""
        return min(1.0, 1 / self.e_value) if self.e_value else 1.0

    @property
    def is_breach(self) -> bool:
        return self.e_value * self.alpha >= 1


def exceeds(failures: int, trials: int, *, budget: float, alpha: float = ALPHA) -> Evidence:
    """Whether trials fail at a higher rate than `budget`, above 0 and below 1.

    Exact where no trial fails with a higher probability than the budget, given all trials before; that may change all the time.
    Failures are counted from a moment on that was chosen without looking at them.
    Raises ValueError where there are more failures than trials, or a number is out of its range.
    """
    _check_counts(failures, trials)
    _check_open(budget, "budget")
    _check_open(alpha, "alpha")
    value = e_value(failures, trials, budget)
    return Evidence(failures / trials if trials else 0.0, budget, value, alpha, _lower_bound(failures, trials, alpha))


def exceeds_control(
    failures: int,
    trials: int,
    control_failures: int,
    control_trials: int,
    *,
    tolerance: float = 0.0,
    alpha: float = ALPHA,
) -> Evidence:
    """Whether a variant fails at a higher rate than 1 + `tolerance` times that of the control, whatever that is.

    As long as it does not, its share of all failures is at most its share of trials. So a bad hour of both is nobody's fault.
    The shares must be the same in the whole time that is counted: count anew when they are changed.
    The `rate` and `budget` of the evidence are this share, as it was and as it may be.
    """
    _check_counts(failures, trials)
    _check_counts(control_failures, control_trials)
    _check_open(alpha, "alpha")
    if tolerance < 0:
        raise ValueError("tolerance is at least 0")
    both = failures + control_failures
    if not trials or not control_trials:
        return Evidence(failures / both if both else 0.0, 1.0, 1.0, alpha)
    allowed = trials * (1 + tolerance)
    share = allowed / (allowed + control_trials)
    return Evidence(failures / both if both else 0.0, share, e_value(failures, both, share), alpha)


def e_value(failures: int, trials: int, budget: float, weight: float = 1.0) -> float:
    """How much likelier the trials are with rates above the budget than with the budget itself.

    Rates above it are weighed by a beta distribution around the budget, as if `weight` failures had been seen before.
    """
    from scipy.special import betaincc, betaln

    before = weight, weight * (1 - budget) / budget
    after = before[0] + failures, before[1] + trials - failures
    above_before, above_after = betaincc(*before, budget), betaincc(*after, budget)
    if not above_after:
        return 0.0
    likelihood = failures * log(budget) + (trials - failures) * log1p(-budget)
    logarithm = float(betaln(*after) - betaln(*before) - likelihood) + log(above_after / above_before)
    return exp(logarithm) if logarithm < 700 else inf


def _lower_bound(failures: int, trials: int, alpha: float) -> float:
    """The highest rate that is refuted, by halving: a higher budget is refuted less."""
    low, high = 0.0, failures / trials if trials else 0.0
    for _ in range(40 if high else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if e_value(failures, trials, middle) * alpha >= 1 else (low, middle)
    return low


def _check_counts(failures: int, trials: int) -> None:
    if not 0 <= failures <= trials:
        raise ValueError("failures are at least 0 and at most as many as trials")


def _check_open(value: float, name: str) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} is above 0 and below 1")
