"""What a client follows: the rules of its environment, or the values that a server evaluates for its own context."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from ...core.context import Context
from ...wire.etags import context_text
from ..rules import Doubt, Rules
from ..values import Values
from .circuit import Circuit
from .connection import Connection
from .retries import retried

FRESHNESS, SIGNATURE = "FlagForge-Freshness", "FlagForge-Signature"
# As much as every proxy takes for an address.
LONGEST_QUERY = 6_000


class Followed(Protocol):
    """`query` belongs to the address of a stream or a long poll. Whatever hears raises Doubt for what cannot be taken."""

    query: str

    @property
    def version(self) -> int | None:
        """Up to where everything is known; None where only the whole state leads further."""

    def begin(self) -> None:
        """Nothing is half taken from now on."""

    async def prepare(self, connection: Connection, circuit: Circuit) -> None:
        """Ask for what must be here before anything else can be heard; raises Unreachable."""

    def hear(self, kind: str, document: Mapping[str, Any]) -> None:
        """A put, a delta, or a freshness."""

    def confirm(self, headers: Mapping[str, str]) -> None:
        """Nothing is new; the headers are those that say so, none for a heartbeat."""

    async def ask(self, connection: Connection, circuit: Circuit) -> bool:
        """The whole state, by a request of its own; whether the server said how it is. Raises Unreachable."""


class FollowedRules:
    """By a server key."""

    query = ""

    def __init__(self, rules: Rules) -> None:
        self._rules, self._etag = rules, ""

    @property
    def version(self) -> int | None:
        return self._rules.version

    def begin(self) -> None:
        self._rules.doubt_what_is_half_taken()

    async def prepare(self, connection: Connection, circuit: Circuit) -> None:
        if self._rules.needs_keys:
            self._rules.hear_keys(await retried(connection.public_keys, circuit))

    def hear(self, kind: str, document: Mapping[str, Any]) -> None:
        self._rules.hear(kind, document)

    def confirm(self, headers: Mapping[str, str]) -> None:
        if headers:
            self._rules.hear("freshness", {"freshness": headers.get(FRESHNESS, "")})

    async def ask(self, connection: Connection, circuit: Circuit) -> bool:
        etag = self._etag if self._rules.version is not None else ""
        reply = await retried(lambda: connection.ruleset(etag), circuit)
        if reply.status == 304:
            self.confirm(reply.headers)
            return True
        proof = {"freshness": reply.headers.get(FRESHNESS, ""), "signature": reply.headers.get(SIGNATURE, "")}
        self._rules.hear("put", {"manifest": document_of(reply.body), **proof})
        self._etag = reply.headers.get("ETag", "")
        return True


class FollowedValues:
    """By a client key, of the context that a client was made for. `heard` is called with the keys of flags that changed."""

    def __init__(self, values: Values, heard: Callable[[frozenset[str]], object]) -> None:
        self._values, self._heard = values, heard
        self._is_in_doubt = False
        self.query = query_of(values.default)

    @property
    def version(self) -> int | None:
        held = self._values.held_for(self._values.default)
        return None if held is None or self._is_in_doubt else held.version

    def begin(self) -> None:
        self._is_in_doubt = False

    async def prepare(self, connection: Connection, circuit: Circuit) -> None:
        return

    def hear(self, kind: str, document: Mapping[str, Any]) -> None:
        self._is_in_doubt = True
        try:
            if kind == "put":
                changed = self._values.take(self._values.default, document, "", "")
            elif kind == "delta":
                changed = self._values.change(self._values.default, document)
            else:
                changed = frozenset()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Doubt(f"what the server says cannot be read: {error!r}") from None
        self._is_in_doubt = False
        self._heard(changed)

    def confirm(self, headers: Mapping[str, str]) -> None:
        self._values.confirm()

    async def ask(self, connection: Connection, circuit: Circuit) -> bool:
        """Whoever asks for other contexts asks for this one too, as soon as it is not fresh any more."""
        return self._values.state == "fresh"


def query_of(context: Context) -> str:
    return f"?context={quote(context_text(context), safe='')}"


def document_of(content: bytes) -> Mapping[str, Any]:
    """Raises Doubt."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Doubt(f"what the server says cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise Doubt("what the server says is no JSON object")
    return document
