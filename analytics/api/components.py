"""The documents of telemetry as JSON Schemas, by the names under which the OpenAPI document refers to them."""

from typing import Any

from evaluation.api.components import MAYBE_MOMENT
from flags.api.components import with_optional
from tenants.api.components import MOMENT, NUMBER, TEXT, answer

Schema = dict[str, Any]

BY_NAME: Schema = {"type": "object", "additionalProperties": NUMBER}
MAYBE_SHARE: Schema = {"type": ["number", "null"]}
NAMED: Schema = {"type": "array", "items": {"type": "object", "properties": {"key": TEXT, "n": NUMBER}}}
POINT = answer(start=MOMENT, evaluations=NUMBER, variants=BY_NAME)
FAILURES: Schema = {"type": "object", "properties": {"variant": TEXT, "requests": NUMBER, "errors": NUMBER}}
SDK: Schema = {
    "type": "object",
    "properties": {"name": TEXT, "version": TEXT, "application": TEXT, "batches": NUMBER},
}
LATENCY: Schema = {
    "type": ["object", "null"],
    "description": "Of the evaluations that were timed; percentiles are right within 2 %.",
    "properties": dict.fromkeys(("timed", "p50_ns", "p95_ns", "p99_ns"), NUMBER),
}

COMPONENTS: dict[str, Schema] = {
    "Telemetry": with_optional(
        answer(
            **{"from": MOMENT, "to": MOMENT},
            step=TEXT,
            evaluations=NUMBER,
            variants=BY_NAME,
            reasons=BY_NAME,
            last_evaluated=MAYBE_MOMENT | {"description": "The beginning of the last step with an evaluation."},
            points={
                "type": "array",
                "items": POINT,
                "description": "Every step, also those in which nothing happened.",
            },
        ),
        flag=TEXT,
        exposures=BY_NAME,
        errors={"type": "array", "items": FAILURES},
        latency=LATENCY,
        cache={"type": "object", "properties": {"hit_rate": MAYBE_SHARE}, "additionalProperties": NUMBER},
        breaker=BY_NAME,
        sdks={"type": "array", "items": SDK},
        unknown_flags=NAMED | {"description": "Keys that were asked for and are no flags, the most asked for first."},
        events=NAMED,
        left_out=BY_NAME | {"description": "Counted, but not by name: there were too many different ones."},
    ),
    "FlagUsage": answer(
        key=TEXT,
        environments={
            "type": "object",
            "additionalProperties": answer(
                evaluations=NUMBER,
                variants=BY_NAME,
                last_day={
                    "type": ["string", "null"],
                    "format": "date",
                    "description": "In UTC; null: never meanwhile.",
                },
            ),
        },
    ),
}
