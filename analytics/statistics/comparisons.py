"""A metric of each variant against the control: everything that is known of the difference, at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan

from analytics.statistics import bayesian, cuped, fixed_horizon, moments, sequential
from analytics.statistics.bayesian import Belief
from analytics.statistics.effects import Effect, Estimate, standard_error
from analytics.statistics.moments import Moments

# Fewer subjects of a variant are not measured at all.
LEAST_SUBJECTS = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of the subjects with one variant.

    adjusted: by CUPED, None where nothing is known from before
    successes: of a rate, None for every other metric
    """

    plain: Estimate
    adjusted: Estimate | None = None
    successes: int | None = None

    @property
    def best(self) -> Estimate:
        return self.adjusted or self.plain


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variant less the control, in the unit of the metric; lifts by the size of the control's value, None where it is about 0.

    fixed: at one moment that was chosen before; sequential: at all times
    adjusted: with CUPED, None where nothing is known from before; sequential ones and the belief stand on it
    belief: None where the standard error of one of them is not known
    """

    fixed: Effect
    adjusted: Effect | None
    sequential: Effect
    lift: Effect | None
    sequential_lift: Effect | None
    belief: Belief | None


def compare(
    variant: Measured,
    control: Measured,
    *,
    higher_is_better: bool = True,
    alpha: float = sequential.ALPHA,
    tuned_for: int = sequential.TUNED_FOR,
) -> Comparison:
    best = variant.best, control.best
    lifted = fixed_horizon.lift(*best)
    no_surer = sequential.no_surer(*best)
    lifted_no_surer = fixed_horizon.lift(*no_surer)
    return Comparison(
        fixed=_fixed(variant, control, alpha),
        adjusted=fixed_horizon.difference(*best, alpha=alpha) if variant.adjusted and control.adjusted else None,
        sequential=sequential.mixture(*no_surer, alpha=alpha, tuned_for=tuned_for),
        lift=fixed_horizon.difference(*lifted, alpha=alpha) if lifted else None,
        sequential_lift=(
            sequential.mixture(*lifted_no_surer, alpha=alpha, tuned_for=tuned_for) if lifted_no_surer else None
        ),
        belief=_belief(variant, control, higher_is_better=higher_is_better),
    )


def _fixed(variant: Measured, control: Measured, alpha: float) -> Effect:
    if variant.successes is None or control.successes is None:
        return fixed_horizon.difference(variant.plain, control.plain, alpha=alpha)
    counts = variant.successes, variant.plain.subjects, control.successes, control.plain.subjects
    return fixed_horizon.rates(*counts, alpha=alpha)


def _belief(variant: Measured, control: Measured, *, higher_is_better: bool) -> Belief | None:
    if isnan(standard_error(variant.best, control.best)):
        return None
    if variant.successes is None or control.successes is None or variant.adjusted:
        return bayesian.difference(variant.best, control.best, higher_is_better=higher_is_better)
    counts = variant.successes, variant.plain.subjects, control.successes, control.plain.subjects
    return bayesian.rates(*counts, higher_is_better=higher_is_better)


def means(variants: Mapping[str, Moments]) -> dict[str, Measured]:
    """Of (after, before) of each subject, by variant; variants with fewer than `LEAST_SUBJECTS` are left out."""
    measurable = _measurable(variants)
    adjusted = cuped.means(measurable) if _varies(measurable, 1) else {}
    return {name: Measured(moments.mean(each), adjusted.get(name)) for name, each in measurable.items()}


def rates(variants: Mapping[str, Moments]) -> dict[str, Measured]:
    """As means, of ones and zeros."""
    return {
        name: Measured(each.plain, each.adjusted, round(each.plain.value * each.plain.subjects))
        for name, each in means(variants).items()
    }


def ratios(variants: Mapping[str, Moments]) -> dict[str, Measured]:
    """Of (over, under) after and (over, under) before of each subject; variants with nothing under are left out."""
    measurable = {name: each for name, each in _measurable(variants).items() if each.means[1]}
    with_before = all(each.means[3] for each in measurable.values()) and _varies(measurable, 2)
    adjusted = cuped.ratios(measurable) if with_before else {}
    return {name: Measured(moments.ratio(each), adjusted.get(name)) for name, each in measurable.items()}


def _measurable(variants: Mapping[str, Moments]) -> dict[str, Moments]:
    return {name: each for name, each in variants.items() if each.subjects >= LEAST_SUBJECTS}


def _varies(variants: Mapping[str, Moments], column: int) -> bool:
    return any(each.covariance[column, column] > 0 for each in variants.values())
