"""What an experiment has shown so far, as a document that is kept (`snapshots`), given away and shown.

It loads SciPy and statsmodels, which take a second and 100 MB: who only shows a document does not import this module.
"""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from math import isinf, isnan, sqrt
from typing import Any

from analytics.experiments import placing
from analytics.experiments.readings import reading_of
from analytics.experiments.selectors import enrolled, metrics_named_by
from analytics.experiments.summing import Scope
from analytics.models import Experiment, Metric
from analytics.ratio import compared
from analytics.sample_ratio import Verdict
from analytics.statistics import sequential
from analytics.statistics.comparisons import Comparison, Measured, compare
from analytics.statistics.corrections import corrected
from analytics.statistics.effects import Effect, Estimate
from evaluation.wire.explanations import moment

Document = dict[str, Any]
PRIMARY, OTHER, GUARDRAIL = "primary", "other", "guardrail"


def analysed(experiment: Experiment, *, now: datetime) -> Document:
    """Of an experiment that was started: docs/experiments.md says what each member means."""
    until = min(now, experiment.stopped_at or now)
    people = enrolled(experiment)
    scope = Scope(experiment, until, people.subjects)
    metrics = [_metric(scope, metric, _role(experiment, metric)) for metric in metrics_named_by(experiment)]
    _correct(metrics)
    for each in metrics:
        _read(each, experiment.control)
    return {
        "as_of": moment(until),
        "started_at": moment(experiment.started_at) if experiment.started_at else None,
        "stopped_at": moment(experiment.stopped_at) if experiment.stopped_at else None,
        "alpha": sequential.ALPHA,
        "control": experiment.control,
        "subjects": people.subjects,
        "switched": people.switched,
        "days": {f"{day:%Y-%m-%d}": counts for day, counts in people.days.items()},
        "split": _split(experiment, people.subjects),
        "metrics": metrics,
    }


def _split(experiment: Experiment, subjects: Mapping[str, int]) -> Document:
    """By the buckets that each variant has, which are rounded down from its weight."""
    widths = placing.widths(experiment.weights, experiment.traffic)
    shares = {variant: Fraction(width, sum(widths.values())) for variant, width in widths.items() if width}
    result = compared(subjects, shares) if len(shares) > 1 else None
    verdict = Verdict.TOO_FEW
    if result is not None:
        verdict = Verdict.MISMATCH if result.is_mismatch else Verdict.FITS
    return {
        "verdict": verdict,
        "p_value": result.p_value if result else None,
        "shares": {variant: float(share) for variant, share in shares.items()},
    }


def _role(experiment: Experiment, metric: Metric) -> str:
    if metric.key == experiment.primary_metric:
        return PRIMARY
    return OTHER if metric.key in experiment.metrics else GUARDRAIL


def _metric(scope: Scope, metric: Metric, role: str) -> Document:
    measured = scope.measure(metric)
    control = measured.get(scope.experiment.control)
    higher_is_better = metric.goal == Metric.Goal.INCREASE
    rows = []
    for variant in scope.subjects:
        row = _variant(variant, scope.subjects[variant], measured.get(variant))
        if control and variant != scope.experiment.control and variant in measured:
            row["difference"] = _difference(
                compare(measured[variant], control, higher_is_better=higher_is_better), measured[variant]
            )
        rows.append(row)
    return {
        "metric": metric.key,
        "name": metric.name,
        "kind": metric.kind,
        "goal": metric.goal,
        "quantile": metric.quantile,
        "role": role,
        "variants": rows,
    }


def _variant(variant: str, subjects: int, measured: Measured | None) -> Document:
    """`value` is as measured, and `adjusted` with CUPED."""
    return {
        "variant": variant,
        "subjects": subjects,
        "value": measured.plain.value if measured else None,
        "standard_error": _standard_error(measured.plain) if measured else None,
        "adjusted": measured.adjusted.value if measured and measured.adjusted else None,
        "difference": None,
    }


def _standard_error(estimate: Estimate) -> float | None:
    return None if isnan(estimate.squared_error) else sqrt(estimate.squared_error)


def _difference(comparison: Comparison, measured: Measured) -> Document:
    adjusted, plain = measured.adjusted, measured.plain
    return {
        "value": comparison.sequential.value,
        "fixed": _effect(comparison.fixed),
        "adjusted": _effect(comparison.adjusted) if comparison.adjusted else None,
        "variance_left": adjusted.squared_error / plain.squared_error if adjusted and plain.squared_error else None,
        "sequential": _effect(comparison.sequential),
        "lift": _effect(comparison.lift) if comparison.lift else None,
        "sequential_lift": _effect(comparison.sequential_lift) if comparison.sequential_lift else None,
        "chance_to_win": comparison.belief.chance_to_win if comparison.belief else None,
        "expected_loss": comparison.belief.expected_loss if comparison.belief else None,
    }


def _effect(effect: Effect) -> Document:
    """An end that is not known is null."""
    low, high = effect.interval.low, effect.interval.high
    ends = {"low": None if isinf(low) else low, "high": None if isinf(high) else high}
    return {"value": effect.value} | ends | {"p_value": effect.p_value}


def _correct(metrics: list[Document]) -> None:
    """For all comparisons that may be called a success. A guardrail that gives way too easily is none, so it is not corrected."""
    differences = [
        (row["difference"], metric["role"]) for metric in metrics for row in metric["variants"] if row["difference"]
    ]
    for kind in ("fixed", "sequential"):
        family = [each[kind] for each, role in differences if role != GUARDRAIL]
        for effect, p_value in zip(family, corrected([each["p_value"] for each in family]), strict=True):
            effect["corrected_p_value"] = p_value
        for each, role in differences:
            if role == GUARDRAIL:
                each[kind]["corrected_p_value"] = each[kind]["p_value"]


def _read(metric: Document, control: str) -> None:
    for row in metric["variants"]:
        if row["difference"]:
            row["difference"] |= reading_of(metric, row, control)
