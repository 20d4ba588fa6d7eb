"""What the OpenAPI document says about telemetry."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from analytics.api.attribute_components import COMPONENTS as OF_ATTRIBUTES
from analytics.api.components import COMPONENTS
from analytics.api.experiments.components import COMPONENTS as OF_EXPERIMENTS
from analytics.api.guardrail_schema import COMPONENTS as OF_GUARDRAILS
from analytics.api.result_components import COMPONENTS as OF_RESULTS
from analytics.api.rollout_schema import COMPONENTS as OF_ROLLOUTS
from analytics.selectors import STEPS
from analytics.stale.evidence import WEIGHTS
from evaluation.api.components import Schema
from evaluation.api.schema import REFUSALS, problems
from evaluation.wire.telemetry_items import LARGEST_VALUE, MODES
from flags.models import Flag
from tenants.api.describe import acts, deletes, described, lists, patches, puts, query, reads, texts, with_schemas

TEXT: dict[str, Any] = {"type": "string"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
EVENT_VALUE: dict[str, Any] = {"type": "number", "minimum": -LARGEST_VALUE, "maximum": LARGEST_VALUE}


def _list_of(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "properties": properties}}


BATCH: dict[str, Any] = {
    "type": "object",
    "required": ["batch", "sdk", "from", "to"],
    "properties": {
        "batch": TEXT | {"description": "An id of the sender's. What comes again under it is not kept twice."},
        "sdk": {
            "type": "object",
            "required": ["name"],
            "properties": dict.fromkeys(("name", "version", "application", "instance"), TEXT)
            | {"mode": TEXT | {"enum": list(MODES)}},
        },
        "from": MOMENT,
        "to": MOMENT,
        "manifest": COUNT | {"description": "The version that the application evaluates with."},
        "counts": _list_of(flag=TEXT, variant=TEXT, reason=TEXT, version=COUNT, n=COUNT),
        "latency": {"type": "object", "properties": {"unit": TEXT, "sketch": TEXT}},
        "cache": {"type": "object", "properties": dict.fromkeys(("fresh", "stale", "expired", "miss"), COUNT)},
        "breaker": _list_of(at=MOMENT, to=TEXT),
        "exposures": _list_of(flag=TEXT, variant=TEXT, subject=TEXT, at=MOMENT, rule=TEXT),
        "events": _list_of(event=TEXT, subject=TEXT, value=EVENT_VALUE, at=MOMENT),
        "unknown_flags": {"type": "object", "additionalProperties": COUNT},
        "contexts": {"type": "array", "items": {"type": "object"}},
        "errors": _list_of(flag=TEXT, variant=TEXT, requests=COUNT, errors=COUNT),
    },
    "example": {
        "batch": "01JDEMO",
        "sdk": {"name": "my-own", "application": "shop", "instance": "web-3"},
        "from": "2026-11-21T10:00:00Z",
        "to": "2026-11-21T10:01:00Z",
        "counts": [{"flag": "new-checkout", "variant": "on", "reason": "SPLIT", "version": 7, "n": 1200}],
    },
}
TAKEN: dict[str, Any] = {
    "type": "object",
    "required": ["accepted", "rejected"],
    "properties": {
        "accepted": COUNT,
        "rejected": {"type": "array", "items": {"type": "object", "properties": {"path": TEXT, "message": TEXT}}},
    },
}

events = extend_schema_view(
    post=extend_schema(
        operation_id="sdk_events",
        tags=["SDK API"],
        auth=[{"ApiKey": []}, {}],  # type: ignore[list-item]  # a client key may stand in the query
        request={"application/json": BATCH, "text/plain": BATCH},
        parameters=[
            OpenApiParameter("key", OpenApiTypes.STR, description="A client key, where no header can be set."),
            OpenApiParameter("environment", OpenApiTypes.STR, description="The environment's id; relay keys only."),
            OpenApiParameter(
                "kind",
                OpenApiTypes.STR,
                enum=["client", "server"],
                description="The kind of key that a relay was sent the batch with; relay keys only.",
            ),
        ],
        responses={202: TAKEN, **REFUSALS, **problems(s404="No such environment below this relay key's scope.")},
    )
)
telemetry = described(
    get=reads(
        "environment_telemetry",
        "Telemetry",
        query("flag", "A flag's key: what was told of it alone."),
        query("from", "A moment, as 2026-11-21T10:00:00Z; a day before `to` without."),
        query("to", "A moment; now without."),
        query("step", "How long each point is; one that fits without.", enum=list(STEPS)),
    )
)
metrics = described(get=texts("environment_metrics", CONTENT_TYPE_PLAIN_0_0_4))
usage = described(get=lists("flag_usage", "FlagUsage", query("days", "So many, with today: 1 to 400, 30 without.")))

stale_flags = described(
    get=lists(
        "stale_flag_list",
        "Staleness",
        query("evidence", "Only flags with evidence of this kind.", enum=list(WEIGHTS)),
        query("kind", "Only flags of this kind.", enum=Flag.Kind.values),
        query("owner", "Only flags of the person with this e-mail address."),
    )
)
staleness = described(get=reads("staleness", "Staleness"))
keep = described(put=puts("flag_keep", "Staleness", "KeepBody", may_create=False), delete=deletes("flag_stop_keeping"))
stale_after = described(
    get=reads("stale_after_get", "StaleAfter"),
    put=puts("stale_after_put", "StaleAfter", "StaleAfterBody", may_create=False),
)
unknown_flags = described(
    get=lists(
        "unknown_flag_list",
        "UnknownFlag",
        query("hidden", "true: those that were hidden.", enum=["false", "true"]),
        paged=False,
    )
)
hide_unknown = described(post=acts("unknown_flag_hide", "UnknownHidden", "UnknownKeyBody", {"key": "old-banner"}))
show_unknown = described(post=acts("unknown_flag_show", "UnknownHidden", "UnknownKeyBody", {"key": "old-banner"}))

experiment_results = described(get=reads("experiment_results", "ExperimentResults"))
sample_size = described(
    get=reads(
        "sample_size",
        "SampleSize",
        query("kind", "rate: whether subjects do something; mean: how much of it.", enum=["rate", "mean"]),
        query("baseline", "The rate (0.05) or mean with the control."),
        query("lift", "The smallest change that must be seen, by the baseline: 0.1 is a tenth more."),
        query("deviation", "Of a mean: the standard deviation among subjects."),
        query("variants", "With the control, all with equal shares: 2 to 20."),
        query("alpha", "How often a difference is seen where there is none: 0.0001 to 0.2, 0.05 without."),
        query("power", "How often one that is there is seen: 0.5 to 0.99, 0.8 without."),
        query("a_day", "How many new subjects come every day."),
    )
)

attributes = described(get=lists("attribute_list", "Attribute"))
project_attributes = described(get=lists("project_attribute_list", "Attribute"))
attribute_classes = described(
    get=reads("attribute_classes_get", "AttributeClasses"),
    patch=patches("attribute_classes_patch", "AttributeClasses", "AttributeClassesBody"),
)
forget_attribute = described(
    post=acts("attribute_forget", "AttributeForgotten", "ForgetAttributeBody", {"name": "email"})
)


def add_components(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """A hook of drf-spectacular: the schemas that operations refer to by name."""
    ours = OF_ATTRIBUTES | OF_EXPERIMENTS | OF_RESULTS | OF_ROLLOUTS | OF_GUARDRAILS
    return with_schemas(result, COMPONENTS | ours)
