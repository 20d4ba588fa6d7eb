"""Results of experiments as JSON Schemas, by the names under which the OpenAPI document refers to them."""

from typing import Any

from analytics.experiments.planning import MEAN, RATE
from analytics.experiments.readings import Reading
from analytics.models import Metric
from analytics.sample_ratio import Verdict
from evaluation.api.components import MAYBE_MOMENT
from tenants.api.json_schema import MOMENT, NUMBER, TEXT, answer, or_null

Schema = dict[str, Any]

# Whole numbers are NUMBER; these are not.
REAL: Schema = {"type": "number"}
MAYBE: Schema = {"type": ["number", "null"]}
BY_VARIANT: Schema = {"type": "object", "additionalProperties": NUMBER}
EFFECT = answer(value=REAL, low=MAYBE, high=MAYBE, p_value=REAL)
CORRECTED = answer(value=REAL, low=MAYBE, high=MAYBE, p_value=REAL, corrected_p_value=REAL)
DIFFERENCE = answer(
    value=REAL
    | {"description": "The variant less the control, in the unit of the metric; with CUPED where there is a before."},
    fixed=CORRECTED | {"description": "Holds at one moment that was chosen before."},
    adjusted=or_null(EFFECT) | {"description": "The same with CUPED; null where nothing is known from before."},
    variance_left=MAYBE | {"description": "What CUPED leaves of the variance: 0.36 of it, at a correlation of 0.8."},
    sequential=CORRECTED
    | {"description": "Holds at all times. Null ends: too few subjects, or values around a quantile."},
    lift=or_null(EFFECT)
    | {"description": "By the size of the control's value, so above 0 is more; null where that is about 0."},
    sequential_lift=or_null(EFFECT),
    chance_to_win=MAYBE | {"description": "Null where a standard error is not known, as is expected_loss."},
    expected_loss=MAYBE,
    verdict={"type": "string", "enum": list(Reading)},
    reading=TEXT,
)
VARIANT = answer(
    variant=TEXT,
    subjects=NUMBER,
    value=MAYBE,
    standard_error=MAYBE
    | {"description": "Null where nothing is measured, or too few different values lie around a quantile."},
    adjusted=MAYBE | {"description": "With CUPED."},
    difference=or_null(DIFFERENCE),
)
METRIC = answer(
    metric=TEXT,
    name=TEXT,
    kind={"type": "string", "enum": Metric.Kind.values},
    goal={"type": "string", "enum": Metric.Goal.values},
    quantile=MAYBE,
    role={"type": "string", "enum": ["primary", "other", "guardrail"]},
    variants={"type": "array", "items": VARIANT},
)
RESULTS = answer(
    as_of=MOMENT,
    started_at=MAYBE_MOMENT,
    stopped_at=MAYBE_MOMENT,
    alpha=REAL,
    control=TEXT,
    subjects=BY_VARIANT,
    switched=BY_VARIANT | {"description": "Subjects that met another variant later; they count with their first one."},
    days={
        "type": "object",
        "additionalProperties": BY_VARIANT,
        "description": "How many subjects met it first on each day, in UTC; a day without any is missing.",
    },
    split=answer(
        verdict={"type": "string", "enum": list(Verdict)},
        p_value=MAYBE,
        shares={"type": "object", "additionalProperties": REAL},
    ),
    metrics={"type": "array", "items": METRIC},
)
POINTS: Schema = {
    "type": "array",
    "items": answer(day={"type": "string", "format": "date"}, value=REAL, low=REAL, high=REAL),
}
COMPONENTS: dict[str, Schema] = {
    "ExperimentResults": answer(
        experiment=TEXT,
        worked_out_at=MAYBE_MOMENT,
        results=or_null(RESULTS),
        course={
            "type": "object",
            "description": "The primary metric's sequential intervals, day by day and by variant.",
            "additionalProperties": POINTS,
        },
    ),
    "SampleSize": answer(
        kind={"type": "string", "enum": [RATE, MEAN]},
        baseline=REAL,
        lift=REAL,
        deviation=REAL,
        variants=NUMBER,
        alpha=REAL,
        power=REAL,
        a_day=REAL,
        subjects=NUMBER | {"description": "Of all variants together, with one look at the end."},
        sequential_subjects=NUMBER | {"description": "At most, with a look whenever one likes."},
        days=or_null(NUMBER),
        sequential_days=or_null(NUMBER),
        detectable={"type": "array", "items": answer(days=NUMBER, subjects=NUMBER, lift=MAYBE)},
    ),
}
