"""What the OpenAPI document says about guardrails."""

from typing import Any

from analytics.guardrails.checking import LEAST_ALPHA, MOST_ALPHA, MOST_RECIPIENTS, MOST_SAMPLES
from analytics.models import Guardrail
from evaluation.api.components import MAYBE_MOMENT
from tenants.api.describe import acts, creates, deletes, described, lists, patches, query, reads
from tenants.api.json_schema import FLAG, MOMENT, NUMBER, TEXT, TITLE, answer, body, or_null

Schema = dict[str, Any]

REAL: Schema = {"type": "number"}
VARIANT = or_null(TEXT)
SOURCE: Schema = {"type": "string", "enum": Guardrail.Source.values}
ACTION: Schema = {"type": "string", "enum": Guardrail.Action.values}
STATE: Schema = {"type": "string", "enum": Guardrail.State.values}
PEOPLE: Schema = {
    "type": "array",
    "items": TEXT,
    "maxItems": MOST_RECIPIENTS,
    "description": "Ids of members who get a mail, as far as they may see the flag.",
}
BUDGET = REAL | {
    "description": "A share from 0 to 1; with a control, how much more, as a part of its share; with Prometheus, the limit."
}
ALPHA = REAL | {
    "minimum": LEAST_ALPHA,
    "maximum": MOST_ALPHA,
    "description": "The share of watches over a healthy variant that end in a wrong alarm, at most.",
}
SAMPLES = NUMBER | {"minimum": 1, "maximum": MOST_SAMPLES, "description": "So many in a row break it."}
ASKED = {"url": TEXT | {"format": "uri"}, "query": TEXT, "above": FLAG, "samples": SAMPLES}
GIVEN: dict[str, Schema] = {
    "name": TITLE,
    "source": SOURCE,
    "variant": VARIANT,
    "control": VARIANT,
    "metric": VARIANT | {"description": "The key of one of the project, with the source metric."},
    "budget": BUDGET,
    "alpha": ALPHA,
    "min_sample": NUMBER | {"minimum": 1},
    "client_keys": FLAG | {"description": "Whether what came with client keys, which are public, counts too."},
    "action": ACTION,
    "dry_run": FLAG | {"description": "Says what it would have done, and does nothing."},
    "recipients": PEOPLE,
}
TOKEN = TEXT | {
    "description": "Left out, it stays, and is forgotten where the URL leads to another scheme, host or port."
}
WRITTEN = GIVEN | {
    "prometheus": or_null({"type": "object", "properties": {**ASKED, "token": TOKEN}, "additionalProperties": False})
}

COMPONENTS: dict[str, Schema] = {
    "Guardrail": answer(
        id=TEXT,
        flag=TEXT,
        environment=TEXT,
        **GIVEN,
        prometheus=or_null(answer(**ASKED, has_token=FLAG)),
        state=STATE,
        armed_at=MOMENT,
        breached_at=MAYBE_MOMENT,
        done=or_null(TEXT | {"description": "What became of the breach."}),
        looked_at=MAYBE_MOMENT,
        evidence=or_null({"type": "object", "description": "What the last look saw; of a breach, what showed it."}),
        fault=or_null(TEXT | {"description": "Why Prometheus could not be asked last."}),
        settled_at=MAYBE_MOMENT,
        settled_by=or_null(TEXT),
    ),
    "GuardrailNew": body(["name", "source", "budget"], **WRITTEN),
    "GuardrailPatch": body(**WRITTEN),
}
EXAMPLE = {"name": "Checkout fails", "source": "errors", "variant": "on", "budget": 0.02, "action": "kill"}

guardrails = described(
    get=lists("guardrail_list", "Guardrail"), post=creates("guardrail_create", "Guardrail", "GuardrailNew", EXAMPLE)
)
guardrail = described(
    get=reads("guardrail_get", "Guardrail"),
    patch=patches("guardrail_patch", "Guardrail", "GuardrailPatch"),
    delete=deletes("guardrail_delete"),
)
arm_guardrail = described(post=acts("guardrail_arm", "Guardrail"))
dismiss_guardrail = described(post=acts("guardrail_dismiss", "Guardrail"))
project_guardrails = described(
    get=lists(
        "project_guardrail_list",
        "Guardrail",
        query("state", "Only those in this state.", enum=Guardrail.State.values),
        query("environment", "Only those in the environment with this key."),
        query("flag", "Only those of the flag with this key."),
    )
)
