"""What a request says: its key, and the context it asks for."""

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import parse_qsl

from ..core.context import Context, context_from, context_from_query
from ..core.values import InvalidJson, loads
from .problems import bad_request

# Fields of a stream's query that are not about the subject.
STREAM_FIELDS = frozenset({"key", "token", "since", "timeout"})
QUERY_FIELDS_LIMIT = 200


def api_key_of(headers: Mapping[str, str]) -> str:
    """The key from X-API-Key or Authorization (with or without the word Bearer); header names in lower case."""
    if given := headers.get("x-api-key", "").strip():
        return given
    scheme, _, rest = headers.get("authorization", "").strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else scheme


def version_of(text: str) -> int | None:
    """The version that a client names; None for anything that is no version."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def query_pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=QUERY_FIELDS_LIMIT)
    except UnicodeDecodeError:
        raise bad_request("The query is not UTF-8.") from None
    except ValueError:
        raise bad_request(f"The query has more than {QUERY_FIELDS_LIMIT} fields; POST the context instead.") from None


def context_of_query(pairs: Sequence[tuple[str, str]], reserved: Collection[str] = ()) -> Context:
    """`?context=<JSON object>`, or one field per attribute; both together say two things at once."""
    given = [value for name, value in pairs if name == "context"]
    attributes = [(name, value) for name, value in pairs if name != "context" and name not in reserved]
    if not given:
        return context_from_query(attributes)
    if attributes or len(given) > 1:
        raise bad_request("Give the context once: either as context=<JSON> or as one field per attribute.")
    return context_from(json_object(given[0], "context"))


def context_of_body(body: bytes) -> Context:
    """`{"context": {…}}`; an empty body or a missing context is the empty context."""
    if not body.strip():
        return context_from({})
    document = json_object(body, "")
    context = document.get("context")
    if context is None:
        _refuse_bare_attributes(document)
        return context_from({})
    if not isinstance(context, dict):
        raise bad_request("context: must be a JSON object.")
    return context_from(context, body)


def _refuse_bare_attributes(document: Mapping[str, object]) -> None:
    """Attributes beside `context` instead of in it would be a question about nobody."""
    others = [name for name in document if name != "context"]
    if others:
        where = f"{others[0]}: unknown here; put the attributes into"
        raise bad_request(f'{where} "context", as in {{"context": {{"targetingKey": "user-42"}}}}.')


def json_object(text: str | bytes, path: str) -> dict[str, object]:
    """The JSON object that a part of the request is; `path` names the part, empty for the whole body."""
    where = f"{path}: " if path else "The body: "
    try:
        document = loads(text)
    except InvalidJson as error:
        raise bad_request(f"{where}{error}") from None
    if not isinstance(document, dict):
        raise bad_request(f"{where}must be a JSON object.")
    return document
