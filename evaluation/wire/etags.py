"""Entity tags: equal for equal answers, without evaluating anything where that is possible."""

import hashlib
import json
from functools import lru_cache
from typing import Any

from ..core.context import Context, QueryText

PROTOCOL = "1"


def etag_of(context: Context, *parts: str) -> str:
    """A strong tag over everything that an answer depends on: the parts, and who asks.

    Whoever says the same context in other bytes has another tag, so that a body need not be written anew to be recognized.
    """
    digest = _begun(parts).copy()
    digest.update(_said(context))
    return f'"{digest.hexdigest()[:32]}"'


@lru_cache(maxsize=256)  # a version's tags all begin alike
def _begun(parts: tuple[str, ...]) -> Any:
    return hashlib.sha256("\x00".join((PROTOCOL, *parts, "")).encode("utf-8", "surrogatepass"))


def _said(context: Context) -> bytes:
    if context.said is not None:
        return b"body" + context.said
    return b"text" + context_text(context).encode("utf-8", "surrogatepass")


def etag_of_body(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def context_text(context: Context) -> str:
    """The same text for the same context, whatever the order of its members."""
    text = _encode(context.attributes)
    # A query's `1.5` may match what a body's "1.5" does not.
    odd = [value for value in context.attributes.values() if type(value) is not str]
    return f"query{text}" if odd and any(map(_is_from_query, odd)) else text


_encode = json.JSONEncoder(sort_keys=True, check_circular=False, separators=(",", ":"), default=str).encode


def _is_from_query(value: object) -> bool:
    return isinstance(value, QueryText) or (
        isinstance(value, list) and any(isinstance(each, QueryText) for each in value)
    )


def matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison (RFC 9110 §13.1.2) of a list of tags, forgiving a missing pair of quotes."""
    if not if_none_match:
        return False
    bare = etag.strip('"')
    for candidate in if_none_match.split(","):
        tag = candidate.strip().removeprefix("W/").strip('"')
        if tag in (bare, "*"):
            return True
    return False
