"""What the OpenAPI document says about the SDK API and the playground."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from evaluation.api.components import COMPONENTS, Schema
from tenants.api.describe import acts, described, query, reads, with_schemas

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"path": {"type": "string"}, "message": {"type": "string"}}},
        },
    },
}
ENTRY: dict[str, Any] = {
    "type": "object",
    "description": "No member `value`: the application's own default is used.",
    "required": ["version", "metadata"],
    "properties": {
        "value": {},
        "variant": {"type": "string"},
        "reason": {"type": "string", "enum": ["STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED"]},
        "errorCode": {"type": "string", "enum": ["TARGETING_KEY_MISSING", "PARSE_ERROR"]},
        "errorDetails": {"type": "string"},
        "version": {"type": "integer"},
        "metadata": {"type": "object"},
    },
}
SINGLE: dict[str, Any] = {**ENTRY, "properties": {"key": {"type": "string"}, **ENTRY["properties"]}}
ALL: dict[str, Any] = {
    "type": "object",
    "required": ["environment", "version", "flags"],
    "properties": {
        "environment": {"type": "string"},
        "version": {"type": "integer"},
        "flags": {"type": "object", "additionalProperties": ENTRY},
    },
}
QUESTION: dict[str, Any] = {
    "type": "object",
    "properties": {"context": {"type": "object", "properties": {"targetingKey": {"type": "string"}}}},
    "example": {"context": {"targetingKey": "user-42", "country": "IN"}},
}

COUNTS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
REPORT: dict[str, Any] = {
    "type": "object",
    "required": ["at", "reporters"],
    "properties": {
        "at": {"type": "number", "description": "Now, by the relay's clock, in seconds since 1970."},
        "reporters": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "name"],
                "properties": {
                    "id": {"type": "string"},
                    "name": {"type": "string"},
                    "silent": {"type": "number", "description": "Seconds since it said so."},
                    "environments": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "required": ["holds", "streams", "instances"],
                            "properties": {
                                "holds": {"type": "integer", "minimum": 0},
                                "streams": COUNTS,
                                "instances": COUNTS,
                                "arrivals": {"type": "object"},
                            },
                        },
                    },
                },
            },
        },
        "gone": {"type": "array", "items": {"type": "string"}, "description": "Reporters that were stopped."},
    },
}

CONTEXT_PARAMETERS = [
    OpenApiParameter("targetingKey", OpenApiTypes.STR, description="The subject. Any other field is an attribute."),
    OpenApiParameter("context", OpenApiTypes.STR, description="Instead of fields: the context as URL-encoded JSON."),
]
TAG_PARAMETER = OpenApiParameter("If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)


def problems(**said: str) -> dict[Any, Any]:
    return {
        (int(status.removeprefix("s")), "application/problem+json"): OpenApiResponse(PROBLEM, description=text)
        for status, text in said.items()
    }


REFUSALS = problems(
    s400="The request cannot be read.",
    s401="No key, or one that does not work.",
    s403="The wrong kind of key, or a page of an origin that is not the key's.",
    s413="The body is too large.",
    s429="More than the key's limits let through; Retry-After says when to come back.",
    s503="Not ready yet; Retry-After says when.",
)
UNCHANGED = {304: OpenApiResponse(description="The tag still holds.")}


def _evaluated(name: str, answer: dict[str, Any], refusals: dict[Any, Any]) -> Any:
    responses = {200: answer, **UNCHANGED, **refusals}
    return extend_schema_view(
        get=extend_schema(
            operation_id=f"sdk_{name}_get",
            tags=["SDK API"],
            parameters=[*CONTEXT_PARAMETERS, TAG_PARAMETER],
            responses=responses,
        ),
        post=extend_schema(
            operation_id=f"sdk_{name}_post",
            tags=["SDK API"],
            request={"application/json": QUESTION},
            parameters=[TAG_PARAMETER],
            responses=responses,
        ),
    )


all_flags = _evaluated("flags", ALL, REFUSALS)
one_flag = _evaluated("flag", SINGLE, {**REFUSALS, **problems(s404="No such flag for this key.")})
ruleset = extend_schema_view(
    get=extend_schema(
        operation_id="sdk_ruleset",
        tags=["SDK API"],
        parameters=[
            OpenApiParameter("environment", OpenApiTypes.STR, description="The environment's id; relay keys only."),
            TAG_PARAMETER,
        ],
        responses={200: {"type": "object", "description": "The manifest."}, **UNCHANGED, **REFUSALS},
    )
)

relay_key = extend_schema_view(
    get=extend_schema(
        operation_id="sdk_relay_key",
        tags=["SDK API"],
        responses={
            200: {"type": "object", "description": "The key, as the relays' stream tells keys."},
            **REFUSALS,
            **problems(s404="No such key below the relay key's scope."),
        },
    )
)

report = extend_schema_view(
    post=extend_schema(
        operation_id="sdk_relay_convergence",
        tags=["SDK API"],
        request={"application/json": REPORT},
        responses={
            204: OpenApiResponse(description="Taken; what lies beside the relay key's scope is left out."),
            **REFUSALS,
        },
    )
)
convergence = described(
    get=reads(
        "convergence",
        "Convergence",
        query("flag", "A flag's key: its changes, and whether all have its state."),
    )
)
playground = described(
    post=acts(
        "playground",
        "Matrix",
        "Question",
        {"contexts": [{"targetingKey": "user-42", "country": "IN"}], "flags": ["new-checkout"], "explain": True},
    )
)


def add_components(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """A hook of drf-spectacular: the schemas that operations refer to by name."""
    return with_schemas(result, COMPONENTS)


class SdkKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "evaluation.api.doors.SdkKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-API-Key"}
