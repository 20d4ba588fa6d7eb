"""What the OpenAPI document says about OFREP."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view

from evaluation.api.schema import QUESTION, TAG_PARAMETER, UNCHANGED
from evaluation.wire import ofrep
from tenants.api.describe import query

TAG = "OpenFeature"
METADATA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {"anyOf": [{"type": "boolean"}, {"type": "string"}, {"type": "number"}]},
}
SUCCESS: dict[str, Any] = {
    "type": "object",
    "description": "No member `value`: the application's own default is used.",
    "required": ["key", "reason", "variant", "metadata"],
    "properties": {
        "key": {"type": "string"},
        "value": {},
        "reason": {"type": "string", "enum": ["STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED"]},
        "variant": {"type": "string"},
        "metadata": METADATA,
    },
}
FAILURE: dict[str, Any] = {
    "type": "object",
    "required": ["errorCode", "errorDetails", "metadata"],
    "properties": {
        "key": {"type": "string"},
        "errorCode": {
            "type": "string",
            "enum": ["FLAG_NOT_FOUND", "TARGETING_KEY_MISSING", "PARSE_ERROR", "INVALID_CONTEXT", "GENERAL"],
        },
        "errorDetails": {"type": "string"},
        "metadata": METADATA,
    },
}
EVENT_STREAM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "endpoint", "inactivityDelaySec"],
    "properties": {
        "type": {"const": "sse"},
        "endpoint": {"type": "object", "required": ["requestUri"], "properties": {"requestUri": {"type": "string"}}},
        "inactivityDelaySec": {"type": "integer"},
    },
}
ALL: dict[str, Any] = {
    "type": "object",
    "required": ["flags", "metadata", "eventStreams"],
    "properties": {
        "flags": {"type": "array", "items": {"anyOf": [SUCCESS, FAILURE]}},
        "metadata": METADATA,
        "eventStreams": {"type": "array", "items": EVENT_STREAM},
    },
}


def _failures(**said: str) -> dict[int, Any]:
    return {int(status.removeprefix("s")): OpenApiResponse(FAILURE, description=text) for status, text in said.items()}


REFUSALS = _failures(
    s401="No key, or one that does not work.",
    s403="The wrong kind of key, or a page of an origin that is not the key's.",
    s413="The body is too large.",
    s429="More than the key's limits let through; Retry-After says when to come back.",
    s503="Not ready yet; Retry-After says when.",
)


def _asked(operation_id: str, responses: dict[int, Any], parameters: list[Any]) -> Any:
    return extend_schema_view(
        post=extend_schema(
            operation_id=operation_id,
            tags=[TAG],
            request={"application/json": QUESTION},
            parameters=parameters,
            responses={**responses, **REFUSALS},
        )
    )


all_flags = _asked(
    "ofrep_flags",
    {200: ALL, **UNCHANGED, **_failures(s400="The body cannot be read.")},
    [TAG_PARAMETER, query(ofrep.TOLD, "The version that an event named: 304 is answered for no other.")],
)
one_flag = _asked(
    "ofrep_flag",
    {200: SUCCESS, **_failures(s400="The body or the flag cannot be read.", s404="No such flag for this key.")},
    [],
)
