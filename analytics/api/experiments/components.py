"""The documents of metrics, exclusion groups and experiments as JSON Schemas."""

from typing import Any

from analytics.models import Experiment, Metric
from flags.api.components import KEY, NAME, OBJECT, WORDS, may_bring, with_optional
from tenants.api.json_schema import FLAG, MOMENT, NUMBER, TEXT, answer, body, or_null

Schema = dict[str, Any]
PER_CENT: Schema = {"type": "number", "minimum": 0, "maximum": 100}
DECIMAL: Schema = {"type": "number"}
COUNTS: Schema = {"type": "object", "additionalProperties": NUMBER, "description": "By variant."}
SAVED: dict[str, Schema] = {"version": NUMBER, "updated_at": or_null(MOMENT)}

METRIC: dict[str, Schema] = {
    "name": NAME,
    "description": TEXT,
    "kind": {"type": "string", "enum": Metric.Kind.values},
    "event": TEXT,
    "denominator_event": TEXT | {"description": "Of a ratio."},
    "quantile": or_null({"type": "number", "minimum": 0.5, "maximum": 0.99}),
    "goal": {"type": "string", "enum": Metric.Goal.values},
    "cap": or_null(DECIMAL),
    "window_hours": or_null({"type": "integer", "minimum": 1, "maximum": 8760}),
}
GROUP: dict[str, Schema] = {"name": NAME, "description": TEXT, "holdout": PER_CENT}
EXPERIMENT: dict[str, Schema] = {
    "name": NAME,
    "hypothesis": TEXT,
    "flag": KEY,
    "environment": TEXT,
    "rule": or_null(KEY) | {"description": "The id of the rule that splits; null: what all get whom no rule names."},
    "control": TEXT,
    "weights": OBJECT | {"description": "Variant → per cent of those who take part; together 100."},
    "traffic": PER_CENT | {"description": "How many take part."},
    "group": or_null(KEY),
    "primary_metric": or_null(KEY),
    "metrics": WORDS,
    "guardrail_metrics": WORDS,
    "servers_only": FLAG | {"description": "Whether what client keys tell is left out."},
}
INTERVENTION = answer(
    what={"type": "string", "enum": ["rule-gone", "split-changed", "off"]},
    at=MOMENT,
    by=TEXT,
    version=NUMBER,
    until=or_null(MOMENT),
)
STATE: dict[str, Schema] = {
    "status": {"type": "string", "enum": Experiment.Status.values},
    "started_at": or_null(MOMENT),
    "stopped_at": or_null(MOMENT),
    "concluded_at": or_null(MOMENT),
    "winner": or_null(TEXT),
    "splits": {"type": "array", "items": answer(at=MOMENT, version=NUMBER, traffic=PER_CENT)},
}
IN_FULL: dict[str, Schema] = {
    "enrolled": answer(subjects=COUNTS, switched=COUNTS, public=COUNTS),
    "interventions": {"type": "array", "items": INTERVENTION},
    "clean_since": or_null(MOMENT),
}


def _bodies(name: str, members: dict[str, Schema], **answers: Schema) -> dict[str, Schema]:
    ignored: dict[str, Schema] = {each: {} for each in (*SAVED, *answers)}
    return {
        f"{name}New": may_bring(body(["key"], key=KEY, **members), **ignored),
        f"{name}Body": may_bring(body(key=KEY, **members), **ignored),
    }


COMPONENTS: dict[str, Schema] = {
    "Metric": answer(key=KEY, **METRIC, **SAVED),
    **_bodies("Metric", METRIC),
    "ExclusionGroup": with_optional(
        answer(key=KEY, **GROUP, **SAVED),
        free={"type": "object", "additionalProperties": PER_CENT, "description": "By environment."},
    ),
    **_bodies("ExclusionGroup", GROUP, free={}),
    "Holdout": answer(
        since=or_null(MOMENT),
        share={"type": "number", "minimum": 0, "maximum": 1},
        subjects=NUMBER,
        held_out=NUMBER,
        sum=DECIMAL,
        held_out_sum=DECIMAL,
        p_value=or_null(DECIMAL),
    ),
    "Experiment": with_optional(answer(key=KEY, **EXPERIMENT, **STATE, **SAVED), **IN_FULL),
    **_bodies("Experiment", EXPERIMENT, **STATE, **IN_FULL),
    "ConcludeBody": body(winner=or_null(TEXT) | {"description": "A variant; null: the flag stays as it is."}),
}
