"""The documents of the playground as JSON Schemas, by the names under which the OpenAPI document refers to them."""

from typing import Any

from evaluation.playground import MOST_CELLS, MOST_EXPLAINED
from tenants.api.components import FLAG, MOMENT, NUMBER, SLUG, TEXT, answer, body

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
    "Matrix": answer(
        now=MOMENT,
        environments={"type": "array", "items": SLUG},
        flags=WORDS,
        cells={"type": "array", "items": CELL},
    ),
}
