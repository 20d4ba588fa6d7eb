"""The SDK API's answers: a ruleset and a question in, a reply out."""

from collections.abc import Mapping
from datetime import datetime

from ..core.context import Context
from ..core.evaluate import evaluate, write_all
from . import tokens
from .entries import ENTRY, all_entries, single_entry
from .etags import etag_of, etag_of_body, matches
from .frames import Proof
from .problems import unknown_flag
from .replies import Headers, Reply, answer, not_modified
from .requests import context_of_query, query_pairs
from .view import View, Written

# What a page may put into the address of a stream, so that a server can keep its key to itself.
STREAM_TOKEN = "FlagForge-Stream-Token"  # noqa: S105  (a header's name)


def all_flags_by_query(view: View, query: str, now: datetime, headers: Mapping[str, str]) -> Reply:
    """The same for a context that stands in the query. Who polls says the same again and again: then it is not even read."""
    name = view.environment_key, view.client, query
    known, asked = view.repeated.tags.get(name), headers.get("if-none-match", "")
    if known is not None and matches(asked, known):
        return not_modified(known, _token(view, now))
    reply = all_flags(view, context_of_query(query_pairs(query)), now, headers)
    if asked and not view.ruleset.reads_clock:
        view.repeated.keep_tag(name, dict(reply.headers)["ETag"])
    return reply


def all_flags(view: View, context: Context, now: datetime, headers: Mapping[str, str]) -> Reply:
    """Every flag the key may see. Where no rule reads the clock, a match of the tag costs no evaluation."""
    asked, token = headers.get("if-none-match", ""), _token(view, now)
    if view.ruleset.reads_clock:
        body = _all_bytes(view, context, now)
        etag = etag_of_body(body)
        return not_modified(etag, token) if matches(asked, etag) else answer(body, etag, token)
    if not context.attributes:
        written = view.repeated.whole.get((view.environment_key, view.client)) or _write_for_nobody(view, context, now)
        return not_modified(written.etag, token) if matches(asked, written.etag) else answer(*written, token)
    etag = _etag(view, context)
    return not_modified(etag, token) if matches(asked, etag) else answer(_all_bytes(view, context, now), etag, token)


def _token(view: View, now: datetime) -> Headers:
    return ((STREAM_TOKEN, tokens.mint(view.key_sha256, now.timestamp())),)


def _write_for_nobody(view: View, context: Context, now: datetime) -> Written:
    """Asked for by many, and the same for all of them."""
    written = Written(_all_bytes(view, context, now), _etag(view, context))
    view.repeated.whole[view.environment_key, view.client] = written
    return written


def _etag(view: View, context: Context) -> str:
    return etag_of(context, view.checksum, view.environment_key, view.scope)


def _all_bytes(view: View, context: Context, now: datetime) -> bytes:
    entries = write_all(view.ruleset, context, now, ENTRY, client=view.client)
    return all_entries(view.environment_key, view.ruleset.version, entries)


def one_flag(view: View, key: str, context: Context, now: datetime, headers: Mapping[str, str]) -> Reply:
    """One flag; a flag that the key may not see is as unknown as one that is not there."""
    found = evaluate(view.ruleset, key, context, now, client=view.client)
    if found.error_code == "FLAG_NOT_FOUND":
        return unknown_flag(key)
    body = single_entry(found)
    etag = etag_of_body(body)
    return not_modified(etag) if matches(headers.get("if-none-match", ""), etag) else answer(body, etag)


def ruleset(content: bytes, checksum: str, proof: Proof, headers: Mapping[str, str]) -> Reply:
    """Exactly the manifest's bytes, and beside them why they may be trusted; the freshness also for who has them already."""
    etag = f'"{checksum}"'
    proofs = (("FlagForge-Signature", proof.signature), ("FlagForge-Freshness", proof.freshness))
    if matches(headers.get("if-none-match", ""), etag):
        return not_modified(etag, proofs)
    return answer(content, etag, proofs)
