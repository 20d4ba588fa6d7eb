"""The documents of attributes seen as JSON Schemas."""

from typing import Any

from evaluation.wire.observed import CLASSES
from tenants.api.json_schema import COMMENT, FLAG, MOMENT, NUMBER, TEXT, answer

Schema = dict[str, Any]

SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
CLASS: Schema = {"type": "string", "enum": list(CLASSES)}
VALUE: Schema = {
    "type": "object",
    "required": ["share"],
    "properties": {"value": {"description": "Absent: it is only counted."}, "share": SHARE},
}

COMPONENTS: dict[str, Schema] = {
    "Attribute": answer(
        name=TEXT | {"description": "As rules name it: `app.version` lies in `app`."},
        **{"class": CLASS | {"description": "How far its values may be known."}},
        share=SHARE | {"description": "Of the sampled contexts: how many have it."},
        types={"type": "object", "additionalProperties": NUMBER},
        distinct=NUMBER | {"description": "How many different values were told."},
        is_estimated=FLAG,
        values={"type": "array", "items": VALUE, "description": "The most frequent first, 20 at most."},
        key_kinds={"type": "array", "items": TEXT},
        environments={"type": "array", "items": TEXT},
        first_seen=MOMENT,
        last_seen=MOMENT,
    ),
    "AttributeClasses": answer(
        classes={"type": "object", "additionalProperties": CLASS, "description": "* stands for all that have none."}
    ),
    "AttributeClassesBody": {
        "type": "object",
        "required": ["classes"],
        "properties": {
            "classes": {
                "type": "object",
                "additionalProperties": {"type": ["string", "null"], "enum": [*CLASSES, None]},
                "description": "Those that change; null takes a class away.",
            },
            "comment": COMMENT,
        },
        "additionalProperties": False,
    },
    "ForgetAttributeBody": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": TEXT, "comment": COMMENT},
        "additionalProperties": False,
    },
    "AttributeForgotten": answer(environments=NUMBER | {"description": "In how many it had been seen."}),
}
