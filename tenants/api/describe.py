"""How an operation of the management API is described in the OpenAPI document."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from tenants.api.components import COMPONENTS
from tenants.api.json_schema import Schema, page_of, reference

PROBLEMS = {
    400: "The request cannot be read, or what it says cannot be stored; `errors` names the paths.",
    401: "No login and no token, or one that does not work.",
    403: "Seen, but not allowed; or a session without its CSRF token.",
    404: "There is no such thing, or the caller may not see it.",
    409: "Somebody saved first, it exists already, or a limit is reached.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "The Idempotency-Key came with another request before, the same is said twice, or more is asked than can be answered.",
    429: "More than the caller may ask in a minute; `Retry-After` says when to come back.",
    503: "The cache is out of reach, and with it what an Idempotency-Key did before.",
}
READING = (400, 401, 403, 404, 429)
WRITING = (*READING, 409)
WITH_BODY = (*WRITING, 413, 415)
POSTING = (*WITH_BODY, 422, 503)


def header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=description)


def query(name: str, description: str, *, enum: Sequence[Any] | None = None) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=description, enum=enum)


IF_MATCH = header("If-Match", 'The version that was edited, in quotes: "7". Another one there is a 409.')
IF_NONE_MATCH = header("If-None-Match", "*: create, and never overwrite.")
IDEMPOTENCY_KEY = header("Idempotency-Key", "The same request again within 24 hours gets the same answer again.")
WHY = query("comment", "Why; goes into the audit log.")
PAGING = [
    query("cursor", "Where to go on: from `next` or `previous`."),
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, description="Rows a page."
    ),
]


def reads(name: str, of: str, *filters: OpenApiParameter) -> Any:
    return _operation(name, {200: reference(of)}, READING, parameters=list(filters))


def lists(name: str, of: str, *filters: OpenApiParameter, paged: bool = True) -> Any:
    return _operation(name, {200: page_of(of)}, READING, parameters=[*filters, *(PAGING if paged else [])])


def streams(name: str, of: str, kinds: Mapping[str, str], *filters: OpenApiParameter) -> Any:
    """A file, line by line; `of` describes a line of the first kind."""
    first, *others = (media_type.partition(";")[0] for media_type in kinds.values())
    answers: dict[Any, Any] = {(200, first): reference(of)} | {(200, one): OpenApiTypes.STR for one in others}
    return _operation(name, answers, READING, parameters=list(filters))


def texts(name: str, kind: str) -> Any:
    """An answer that is no JSON, of this media type."""
    return _operation(name, {(200, kind.partition(";")[0]): OpenApiTypes.STR}, READING, parameters=[])


def creates(name: str, of: str, body: str, example: Any) -> Any:
    return _operation(name, {201: reference(of)}, POSTING, body, example, parameters=[IDEMPOTENCY_KEY])


def acts(
    name: str,
    of: str,
    body: str = "Comment",
    example: Any = None,
    *what: OpenApiParameter,
    versioned: bool = False,
    status: int = 200,
) -> Any:
    """`status` 202: it has begun, and goes on."""
    parameters = [*what, IDEMPOTENCY_KEY, *([IF_MATCH] if versioned else [])]
    example = {"comment": "Because"} if example is None else example
    return _operation(name, {status: reference(of)}, POSTING, body, example, parameters=parameters)


def puts(
    name: str, of: str, body: str, *, versioned: bool = False, may_create: bool = True, refusals: Sequence[int] = ()
) -> Any:
    answers = {200: reference(of)} | ({201: reference(of)} if may_create else {})
    parameters = [*([IF_NONE_MATCH] if may_create else []), *([IF_MATCH] if versioned else [])]
    return _operation(name, answers, (*WITH_BODY, *refusals), body, parameters=parameters)


def patches(name: str, of: str, body: str, *, versioned: bool = False, refusals: Sequence[int] = ()) -> Any:
    parameters = [IF_MATCH] if versioned else []
    return _operation(name, {200: reference(of)}, (*WITH_BODY, *refusals), body, parameters=parameters)


def deletes(name: str, *what: OpenApiParameter, versioned: bool = False) -> Any:
    done = {204: OpenApiResponse(description="Done.")}
    return _operation(name, done, WRITING, parameters=[*what, WHY, *([IF_MATCH] if versioned else [])])


def described(**operations: Any) -> Any:
    """A class decorator; each operation under the name of its method."""
    return extend_schema_view(**operations)


def _operation(
    name: str,
    answers: Mapping[Any, Any],
    problems: Sequence[int],
    body: str = "",
    example: Any = None,
    *,
    parameters: list[OpenApiParameter],
) -> Any:
    refusals = {
        (status, "application/problem+json"): OpenApiResponse(reference("Problem"), description=PROBLEMS[status])
        for status in problems
    }
    return extend_schema(
        operation_id=name,
        tags=["Management API"],
        request={"application/json": reference(body)} if body else None,
        responses={**answers, **refusals},
        parameters=parameters,
        examples=[OpenApiExample("A body", value=example, request_only=True)] if example is not None else None,
    )


def add_components(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """A hook of drf-spectacular: the schemas that operations refer to by name."""
    return with_schemas(result, COMPONENTS)


def with_schemas(result: Schema, schemas: dict[str, Schema]) -> Schema:
    result.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
    return result


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.api.authentication.TokenAuthentication"
    name = "Token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "ff_token_…"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.api.authentication.PersonAuthentication"
    name = "Session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        description = "The browser's session; changes also need the header X-CSRFToken."
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": description}
