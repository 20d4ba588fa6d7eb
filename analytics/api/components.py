"""The documents of telemetry as JSON Schemas, by the names under which the OpenAPI document refers to them."""

from typing import Any

from analytics.sample_ratio import Verdict
from analytics.stale.evidence import WEIGHTS
from evaluation.api.components import MAYBE_MOMENT
from flags.api.components import WORDS, with_optional
from flags.lifetimes import LONGEST, USUAL
from flags.models import Flag
from tenants.api.json_schema import COMMENT, FLAG, MOMENT, NUMBER, TEXT, answer, body, or_null

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
TURN: Schema = {"type": "object", "properties": {"at": MOMENT, "sender": TEXT, "to": TEXT}}
LATENCY: Schema = {
    "type": ["object", "null"],
    "description": "Of the evaluations that were timed; percentiles are right within 2 %.",
    "properties": dict.fromkeys(("timed", "p50_ns", "p95_ns", "p99_ns"), NUMBER),
}
WITNESS = answer(
    environment=TEXT,
    evaluations=NUMBER,
    variant={"type": ["string", "null"]},
    last_day={"type": ["string", "null"], "format": "date"},
)
EVIDENCE = answer(
    kind={"type": "string", "enum": list(WEIGHTS)},
    days=NUMBER | {"description": "For so long it has been so, at least."},
    limit=NUMBER,
    since={"type": "string", "format": "date"},
    says=TEXT,
    environments={"type": "array", "items": WITNESS},
    silent=WORDS | {"description": "Environments that tell nothing, so that nothing is known of them."},
)
DAYS: Schema = {"type": "integer", "minimum": 0, "maximum": LONGEST, "description": "0: never for this reason."}
SPLIT: Schema = {
    "type": "object",
    "description": "Whether a sample of the distinct subjects that met the flag's split fits its shares.",
    "properties": {
        "verdict": {"type": "string", "enum": list(Verdict)},
        "first_day": {"type": "string", "format": "date"},
        "last_day": {"type": "string", "format": "date"},
        "version": NUMBER | {"description": "Of the flag's state, since which it splits like this."},
        "p_value": MAYBE_SHARE | {"description": "Of the chi-square test; below 0.001 it is a mismatch."},
        "compared": NUMBER | {"description": "So many different splits were compared; 0: none could be."},
        "switched": NUMBER | {"description": "Subjects of the sample that met several variants, and are left out."},
        "left_out": NUMBER
        | {"description": "Subjects that met a variant by several rules, or by a split that was not compared."},
        "variants": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"variant": TEXT, "share": MAYBE_SHARE, "subjects": NUMBER, "evaluations": NUMBER},
            },
        },
    },
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
        split=SPLIT,
        errors={"type": "array", "items": FAILURES},
        latency=LATENCY,
        cache={"type": "object", "properties": {"hit_rate": MAYBE_SHARE}, "additionalProperties": NUMBER},
        breaker=BY_NAME,
        breaker_history={"type": "array", "items": TURN, "description": "The latest first."},
        sdks={"type": "array", "items": SDK},
        unknown_flags=NAMED | {"description": "Keys that were asked for and are no flags, the most asked for first."},
        events=NAMED,
        left_out=BY_NAME | {"description": "Counted, but not by name: there were too many different ones."},
    ),
    "Staleness": answer(
        key=TEXT,
        name=TEXT,
        kind={"type": "string", "enum": Flag.Kind.values},
        owner=or_null(TEXT),
        created_at=MOMENT,
        is_stale=FLAG,
        sure=NUMBER | {"description": "In per cent: what the evidence weighs."},
        evidence={"type": "array", "items": EVIDENCE},
        kept=or_null(answer(reason=TEXT, by=TEXT, at=MAYBE_MOMENT)),
        needed_by={
            "type": "array",
            "items": answer(flag=TEXT, environment=TEXT),
            "description": "Flags that wait for this one; while there are any it cannot be archived.",
        },
        changes={
            "type": "array",
            "items": answer(environment=TEXT, evaluations=NUMBER, variants=BY_NAME),
            "description": "Who asked in the last 7 days, and what they got. Archived, they get their own default.",
        },
        triggers=NUMBER | {"description": "Addresses that set the flag, and would set it no more."},
    ),
    "KeepBody": {
        "type": "object",
        "required": ["reason"],
        "properties": {"reason": COMMENT},
        "additionalProperties": False,
    },
    "StaleAfter": answer(**dict.fromkeys(USUAL, DAYS)),
    "StaleAfterBody": body(**dict.fromkeys(USUAL, DAYS)),
    "UnknownFlag": answer(
        key=TEXT,
        evaluations=NUMBER,
        environments=BY_NAME,
        first_day={"type": "string", "format": "date", "description": "Within the last 30 days."},
        last_day={"type": "string", "format": "date"},
        key_kinds=BY_NAME
        | {"description": "How often by client keys, which are public, and how often by server keys."},
        sdks=BY_NAME,
        may_be_made_up=FLAG | {"description": "No server asked for it, as far as is known."},
        state=or_null({"type": "string", "enum": ["archived", "deleted", "hidden", "used"]}),
        nearest=or_null(TEXT | {"description": "The key of a flag that was perhaps meant."}),
    ),
    "UnknownKeyBody": body(["key"], key=TEXT),
    "UnknownHidden": answer(key=TEXT, hidden=FLAG, changed=FLAG),
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
