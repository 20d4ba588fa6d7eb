"""The documents of the playground as JSON Schemas, by the names under which the OpenAPI document refers to them."""

from typing import Any

from evaluation.playground import MOST_CELLS, MOST_EXPLAINED
from flags.api.components import with_optional
from tenants.api.json_schema import FLAG, MOMENT, NUMBER, SLUG, TEXT, answer, body

Schema = dict[str, Any]

OBJECT: Schema = {"type": "object"}
WORDS: Schema = {"type": "array", "items": TEXT}

CELL: Schema = {
    "type": "object",
    "required": ["environment", "context", "flag", "answer"],
    "properties": {
        "environment": TEXT,
        "context": NUMBER | {"description": "Its place among the contexts, from 0."},
        "flag": TEXT,
        "answer": OBJECT | {"description": "The entry that the SDK API would answer."},
        "steps": {
            "type": "array",
            "items": OBJECT,
            "description": "With `explain`: the steps to the answer, in order.",
        },
        "flags": OBJECT | {"description": "With `explain`: answer and steps of every prerequisite that was asked."},
        "segments": OBJECT | {"description": "With `explain`: every segment that was asked, and why one belongs."},
    },
}
MAYBE: Schema = {"type": ["integer", "null"]}
MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
REPORTING: Schema = {
    "name": TEXT,
    "relay": FLAG,
    "holds": NUMBER,
    "connected": NUMBER,
    "seconds_ago": {"type": "number"},
}


def _list(**properties: Schema) -> Schema:
    return {"type": "array", "items": {"type": "object", "properties": properties}}


COMPONENTS: dict[str, Schema] = {
    "Question": body(
        ["contexts"],
        contexts={"type": "array", "items": OBJECT, "description": "Evaluation contexts, as applications send them."},
        flags=WORDS | {"description": "Keys; all of the project's flags without."},
        environments=WORDS | {"description": "Keys; all that the caller sees without."},
        drafts={
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": OBJECT},
            "description": "Flag → environment → members of a state (or `rules_text`); those left out are as they are saved.",
        },
        now=MOMENT | {"description": "The clock of the evaluation; this moment without."},
        explain=FLAG | {"description": f"At most {MOST_EXPLAINED:,} cells are explained, {MOST_CELLS:,} answered."},
        **{"as": {"type": "string", "enum": ["server", "client"], "description": "Whose key asks; server without."}},
    ),
    "Convergence": with_optional(
        answer(
            version=MAYBE | {"description": "The newest."},
            connected=NUMBER
            | {"description": "Instances that are counted: streams, and who tells by telemetry alone."},
            by_version=_list(version=NUMBER, instances=NUMBER),
            changes=_list(
                version=NUMBER,
                changed_at=MOMENT,
                changes=_list(topic=TEXT, key=TEXT, version=NUMBER),
                reached=NUMBER | {"description": "How many have this version or a newer one,"},
                of=NUMBER | {"description": "of so many."},
                p50_ms=MAYBE | {"description": "From the change until half of those that were connected had it."},
                p99_ms=MAYBE,
                effective=FLAG | {"description": "Everybody has it."},
                lagging=_list(**REPORTING, behind=NUMBER),
            ),
            reporters=_list(**REPORTING),
            silent=_list(**REPORTING)
            | {"description": "Fell silent without a goodbye within the last hour; not counted."},
        ),
        flag={
            "type": "object",
            "description": "With `?flag=`: its state as saved last, the version that carries it, and whether all have it.",
            "properties": {
                "key": TEXT,
                "enabled": FLAG,
                "killed_at": MAYBE_MOMENT,
                "version": MAYBE,
                "effective": FLAG,
            },
        },
    ),
    "Matrix": answer(
        now=MOMENT,
        environments={"type": "array", "items": SLUG},
        flags=WORDS,
        cells={"type": "array", "items": CELL},
    ),
}
