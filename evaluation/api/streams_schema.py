"""What the OpenAPI document says about streams, poll and WebSocket, which are no views of Django."""

from typing import Any

from evaluation.api.ofrep_schema import TAG
from evaluation.api.schema import PROBLEM

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
PROBLEM_JSON: Schema = {"application/problem+json": {"schema": PROBLEM}}
EVENTS: Schema = {"text/event-stream": {"schema": TEXT}}


def _parameter(name: str, says: str, schema: Schema = TEXT, *, place: str = "query") -> Schema:
    return {"name": name, "in": place, "description": says, "schema": schema}


KEY = _parameter("key", "A client key, where no header can be set.")
TOKEN = _parameter("token", "Or a stream token, which every answer for all flags has.")
CONTEXT = [
    _parameter("targetingKey", "The subject. Any other field is an attribute."),
    _parameter("context", "Instead of fields: the context as URL-encoded JSON."),
]
SINCE = _parameter("since", "The version that the client has.", {"type": "integer"})
RESUME = _parameter("Last-Event-ID", "The version that the client has.", place="header")
TIMEOUT = _parameter("timeout", "Seconds.", {"type": "integer", "minimum": 1, "maximum": 60, "default": 30})
REFUSALS: Schema = {
    status: {"description": says, "content": PROBLEM_JSON}
    for status, says in {
        "400": "The query cannot be read.",
        "401": "No key or token, or one that does not work.",
        "403": "The wrong kind of key, a secret one in the address, or a page of an origin that is not the key's.",
        "429": "More than the key's limits let through; Retry-After says when to come back.",
        "503": "Not ready yet; Retry-After says when.",
    }.items()
}


def _opened(name: str, says: str, parameters: list[Schema], responses: Schema, *, tag: str = "SDK API") -> Schema:
    return {
        "get": {
            "operationId": name,
            "description": says,
            "tags": [tag],
            "parameters": parameters,
            "security": [{"ApiKey": []}, {}],
            "responses": {**responses, **REFUSALS},
        }
    }


PATHS: Schema = {
    "/api/v1/sdk/stream": _opened(
        "sdk_stream",
        "Server-Sent Events: `put` with the whole state, then `delta` per change; rules for a server key in a header, "
        "values for everybody else.",
        [KEY, TOKEN, *CONTEXT, RESUME],
        {"200": {"description": "The stream.", "content": EVENTS}},
    ),
    "/api/v1/sdk/relay/stream": _opened(
        "sdk_relay_stream",
        "Server-Sent Events for a relay key in a header: `environments`, `keys`, `put`, `delta` of all below its scope.",
        [
            _parameter(
                "Last-Event-ID", "What the relay has: `<environment>:<version>`, with commas between.", place="header"
            )
        ],
        {"200": {"description": "The stream.", "content": EVENTS}},
    ),
    "/api/v1/sdk/poll": _opened(
        "sdk_poll",
        "One message of the stream as soon as there is one.",
        [KEY, TOKEN, *CONTEXT, SINCE, TIMEOUT],
        {
            "200": {"description": "A message.", "content": {"application/json": {"schema": {"type": "object"}}}},
            "204": {"description": "None came in time."},
        },
    ),
    "/ws/sdk": _opened(
        "sdk_socket",
        "A WebSocket: the messages of the stream as JSON frames with a `type`.",
        [KEY, TOKEN, *CONTEXT, SINCE],
        {"101": {"description": "The socket opens; a refusal is its first frame, and 4000 plus its status the close."}},
    ),
    "/ofrep/v1/stream": _opened(
        "ofrep_stream",
        "Server-Sent Events: a `refetchEvaluation` for each version. Its address stands in `eventStreams`.",
        [TOKEN, KEY, RESUME],
        {"200": {"description": "The stream.", "content": EVENTS}},
        tag=TAG,
    ),
}


def add_streams(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """A hook of drf-spectacular."""
    result["paths"] |= PATHS
    return result
