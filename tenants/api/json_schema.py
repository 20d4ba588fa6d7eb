"""Pieces of JSON Schemas, of which the documents of all apps are made."""

from collections.abc import Sequence
from typing import Any

from tenants.models.organizations import SLUG_PATTERN

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
SLUG: Schema = {"type": "string", "pattern": SLUG_PATTERN.replace(r"\Z", "$")}
TITLE: Schema = {"type": "string", "minLength": 1, "maxLength": 100}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
COMMENT: Schema = {"type": "string", "maxLength": 2000, "description": "Why; goes into the audit log."}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def answer(**members: Schema) -> Schema:
    """What is answered: every member is there."""
    return {"type": "object", "required": list(members), "properties": members}


def body(required: Sequence[str] = (), /, **members: Schema) -> Schema:
    """What is written: nothing unknown, and a comment if one likes."""
    whole: Schema = {"type": "object", "properties": {**members, "comment": COMMENT}, "additionalProperties": False}
    return whole | ({"required": list(required)} if required else {})


def reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def page_of(name: str) -> Schema:
    link = or_null({"type": "string", "format": "uri"})
    return answer(next=link, previous=link, results={"type": "array", "items": reference(name)})
