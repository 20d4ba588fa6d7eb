"""Who opens a stream, from what its URL and headers say."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

from ..core.context import Context
from ..wire import tokens
from ..wire.origins import require_origin
from ..wire.problems import bad_key, bad_request, secret_in_url
from ..wire.requests import STREAM_FIELDS, api_key_of, context_of_query, query_pairs, version_of
from .feeds import Feed, RulesFeed, ValuesFeed
from .held import HeldKey
from .limiter import Limiter

DEFAULT_TIMEOUT = 30.0
LONGEST_TIMEOUT = 60.0
# Of queries up to this length so many are kept as they were read: after a change all polls ask with the same.
KEPT_QUERY_BYTES = 300
KEPT_QUERIES = 1024


@dataclass(slots=True)
class Caller:
    """A stream's key and context. `wants_rules`: a server key in a header gets rules, everybody else values."""

    key: HeldKey
    wants_rules: bool
    context: Context
    since: int | None
    timeout: float
    ended: str | None = None

    def feed(self, since: int | None) -> Feed:
        if self.wants_rules:
            return RulesFeed(since)
        return ValuesFeed(self.key.environment_key, self.context, client=self.key.is_client, since=since)

    def has_expired(self) -> bool:
        return self.key.has_expired(time.time())


class Keys(Protocol):
    """The keys that open streams here, and what those with limits have used."""

    limiter: Limiter

    def admit(self, secret: str) -> HeldKey:
        """The client or server key behind a secret; raises `Refused`."""

    def find_by_prefix(self, prefix: str) -> HeldKey | None:
        """By the first characters of the hash, as stream tokens name their key; raises `Refused` if nobody can tell."""


class Query:
    """What a stream's query says: its fields, and what they ask for."""

    def __init__(self, text: bytes) -> None:
        """Raises `Refused`."""
        try:
            self._pairs = query_pairs(text.decode("ascii"))
        except UnicodeDecodeError:
            raise bad_request("The query must be percent-encoded.") from None
        self.fields = dict(self._pairs)

    @cached_property
    def asked(self) -> tuple[Context, int | None, float]:
        """The context, the version that the client has, and how many seconds a poll may wait; raises `Refused`."""
        since, timeout = (self.fields.get(name, "") for name in ("since", "timeout"))
        return context_of_query(self._pairs, STREAM_FIELDS), version_of(since), _timeout(timeout)


_kept = lru_cache(maxsize=KEPT_QUERIES)(Query)


def caller_of(headers: Mapping[str, str], query: bytes, keys: Keys) -> Caller:
    """Raises `Refused`. As slow as the keys are to look up."""
    read = _kept(query) if len(query) <= KEPT_QUERY_BYTES else Query(query)
    key, wants_rules = _key_of(headers, read.fields, keys)
    if key.origins:
        require_origin(headers, key.origins)
    if key.is_limited:
        keys.limiter.admit(key)
    return Caller(key, wants_rules, *read.asked)


def _key_of(headers: Mapping[str, str], fields: Mapping[str, str], keys: Keys) -> tuple[HeldKey, bool]:
    if secret := api_key_of(headers):
        key = keys.admit(secret)
        return key, not key.is_client
    if "token" in fields:
        return _key_of_token(fields["token"], keys), False
    key = keys.admit(fields.get("key", ""))
    if not key.is_client:
        raise secret_in_url()
    return key, False


def _key_of_token(text: str, keys: Keys) -> HeldKey:
    token = tokens.parse(text)
    key = keys.find_by_prefix(token.key_hint) if token else None
    if token is None or key is None or not tokens.is_valid(token, key.sha256, time.time()):
        raise bad_key()
    return key


def _timeout(text: str) -> float:
    if not text:
        return DEFAULT_TIMEOUT
    if not text.isascii() or not text.isdigit() or len(text) > 2 or not 0 < int(text) <= LONGEST_TIMEOUT:
        raise bad_request(f"timeout: must be a whole number of seconds from 1 to {LONGEST_TIMEOUT:.0f}.")
    return float(text)
