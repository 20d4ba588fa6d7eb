"""How many subjects it takes before the start, and the smallest difference that so many would show: by statsmodels.

Everything is about two variants, and a two-sided test at one moment. Who wants to look every day takes `Need.sequential`.
"""

from dataclasses import dataclass
from math import ceil, isinf, log, log1p, sqrt

from scipy.optimize import brentq
from scipy.special import ndtri
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep, samplesize_proportions_2indep_onetail

from analytics.statistics.sequential import mixing

MOST_SUBJECTS = 10**12
# A change of so many standard deviations shows with the fewest subjects that there can be.
LARGEST_EFFECT = 5.0
# Changes of a rate are told apart by no less.
LEAST_CHANGE = 1e-9
TOO_SMALL = "the change is too small to be seen with any number of subjects"


class NoAnswer(ValueError):
    """What is asked has none, and the message says why."""


@dataclass(frozen=True, slots=True)
class Design:
    """alpha: how often a difference is seen where there is none; power: how often one that is there is seen.

    share: the variant's part of the subjects of both, above 0 and below 1
    """

    alpha: float = 0.05
    power: float = 0.8
    share: float = 0.5

    @property
    def controls(self) -> float:
        """Subjects with the control for each with the variant."""
        return (1 - self.share) / self.share


@dataclass(frozen=True, slots=True)
class Need:
    """Subjects of both variants together: `fixed` with one look at the end; `sequential` at most, with a look whenever."""

    fixed: int
    sequential: int


def for_rates(baseline: float, change: float, design: Design) -> Need:
    """To see a rate of `baseline` + `change`, both above 0 and below 1, where the control has `baseline`.

    Raises NoAnswer where the rates are none, there is no change, or it is too small to be seen.
    """
    _check_rates(baseline, change)
    variants = samplesize_proportions_2indep_onetail(
        change, baseline, design.power, ratio=design.controls, alpha=design.alpha / 2, alternative="larger"
    )
    spread = _rate_spread(baseline, baseline + change, design)
    return _need(variants / design.share, abs(change), spread, design)


def for_means(deviation: float, change: float, design: Design) -> Need:
    """To see a mean that is higher or lower by `change`, of values with this standard deviation among subjects.

    Raises NoAnswer where there is no deviation or change, or it is too small to be seen.
    """
    if not (deviation > 0 and change):
        raise NoAnswer("a mean has a deviation above 0, and a change is not 0")
    if detectable_mean(deviation, MOST_SUBJECTS, design) > abs(change):
        raise NoAnswer(TOO_SMALL)
    variants = _of_variant(min(LARGEST_EFFECT, abs(change) / deviation), design)
    return _need(variants / design.share, abs(change), _mean_spread(deviation, design), design)


def _of_variant(effect: float, design: Design) -> float:
    """Subjects with the variant; two of each at least, below which there is no t test, and no solution to be found."""
    fewest = 2 * max(1.0, 1 / design.controls)
    test, asked = TTestIndPower(), {"alpha": design.alpha, "ratio": design.controls}
    if test.power(effect, fewest, **asked) >= design.power:
        return fewest
    return float(test.solve_power(effect, power=design.power, **asked))


def detectable_rate(baseline: float, subjects: int, design: Design) -> float | None:
    """The smallest rise of a rate that so many subjects show, `LEAST_CHANGE` at least; None: not even to 1."""
    highest = 1 - baseline - LEAST_CHANGE

    def missing(change: float) -> float:
        return _rate_power(baseline, change, subjects, design) - design.power

    if highest <= LEAST_CHANGE or missing(highest) <= 0:
        return None
    return LEAST_CHANGE if missing(LEAST_CHANGE) >= 0 else float(brentq(missing, LEAST_CHANGE, highest))


def detectable_mean(deviation: float, subjects: int, design: Design) -> float:
    """The smallest change of a mean that so many subjects show."""
    return float((ndtri(1 - design.alpha / 2) + ndtri(design.power)) * _mean_spread(deviation, design) / sqrt(subjects))


def days(subjects: int, a_day: float) -> int | None:
    """How long so many take to come; None: nobody comes."""
    return ceil(subjects / a_day) if a_day > 0 else None


def _rate_power(baseline: float, change: float, subjects: int, design: Design) -> float:
    found = power_proportions_2indep(
        change, baseline, subjects * design.share, ratio=design.controls, alpha=design.alpha, return_results=False
    )
    return float(found)


def _rate_spread(control: float, variant: float, design: Design) -> float:
    """The standard error of the difference, times the root of all subjects."""
    return sqrt(variant * (1 - variant) / design.share + control * (1 - control) / (1 - design.share))


def _mean_spread(deviation: float, design: Design) -> float:
    return deviation * sqrt(1 / design.share + 1 / (1 - design.share))


def _need(fixed: float, change: float, spread: float, design: Design) -> Need:
    if isinf(fixed) or fixed > MOST_SUBJECTS:
        raise NoAnswer(TOO_SMALL)
    subjects = ceil(round(fixed, 6))
    rate = mixing(design.alpha, subjects)
    beyond = float(ndtri(design.power))

    def missing(logarithm: float) -> float:
        count = 2.0**logarithm
        seen = count * rate
        bound = sqrt(2 * (seen + 1) / seen * (log1p(seen) / 2 - log(design.alpha)))
        return change * sqrt(count) / spread - bound - beyond

    return Need(subjects, max(subjects, ceil(2 ** float(brentq(missing, -60, 60)))))


def _check_rates(baseline: float, change: float) -> None:
    if not (0 < baseline < 1 and 0 < baseline + change < 1 and change):
        raise NoAnswer("rates are above 0 and below 1, and a change is not 0")
