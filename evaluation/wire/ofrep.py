"""OpenFeature's Remote Evaluation Protocol: all flags and one flag, a ruleset and a question in, a reply out."""

from collections.abc import Mapping
from datetime import datetime

from ..core.context import Context, context_from
from ..core.evaluate import evaluate, write_all
from . import tokens
from .etags import etag_of, etag_of_body, matches
from .ofrep_items import ITEM, bulk, item
from .problems import bad_context
from .replies import CACHE_HEADERS, Reply, answer, not_modified
from .requests import json_object, version_of
from .view import View

ROOT = "/ofrep/"
FLAGS = "/ofrep/v1/evaluate/flags"
STREAM = "/ofrep/v1/stream"
# The error codes that are the asker's fault have 400, but for the unknown flag.
STATUSES = {None: 200, "FLAG_NOT_FOUND": 404}
# The event that a client was told, as its next question repeats it.
TOLD = "flagConfigEtag"


def all_flags(
    view: View, context: Context, now: datetime, headers: Mapping[str, str], told: int | None = None
) -> Reply:
    """Every flag the key may see, and the stream that tells of changes.

    `told` is the version that an event named. A client whose tag is from before another version gets the flags, whatever
    its tag says.
    """
    asked = headers.get("if-none-match", "") if told in (None, view.ruleset.version) else ""
    stream = stream_address(view, now)
    if view.ruleset.reads_clock:
        body = _all_bytes(view, context, now, stream)
        etag = etag_of_body(body)
        return not_modified(etag) if matches(asked, etag) else answer(body, etag)
    etag = etag_of(context, "ofrep", view.checksum, view.environment_key, view.scope, stream)
    return not_modified(etag) if matches(asked, etag) else answer(_all_bytes(view, context, now, stream), etag)


def one_flag(view: View, key: str, context: Context, now: datetime) -> Reply:
    """One flag; a flag that the key may not see is as unknown as one that is not there."""
    found = evaluate(view.ruleset, key, context, now, client=view.client)
    return Reply(STATUSES.get(found.error_code, 400), item(found), headers=CACHE_HEADERS)


def context_of_body(body: bytes) -> Context:
    """`{"context": {…}}`; an empty body and a context that is missing or null are the empty context."""
    context = json_object(body, "").get("context") if body.strip() else None
    if context is None:
        return context_from({})
    if not isinstance(context, dict):
        raise bad_context("context: must be a JSON object.")
    return context_from(context, body)


def told_version(query: str) -> int | None:
    """The version that an event told this client; 0, which none has, if it cannot be read; None if no event did."""
    fields = (field.partition("=") for field in query.split("&"))
    told = [value for name, _, value in fields if name == TOLD]
    return (version_of(told[-1]) or 0) if told else None


def stream_address(view: View, now: datetime) -> str:
    """Where this key's clients hear of changes: the same for hours, since each new address is a new connection."""
    return f"{STREAM}?token={tokens.mint(view.key_sha256, now.timestamp())}"


def _all_bytes(view: View, context: Context, now: datetime, stream: str) -> bytes:
    items = write_all(view.ruleset, context, now, ITEM, client=view.client)
    return bulk(view.environment_key, view.ruleset.version, items, stream)
