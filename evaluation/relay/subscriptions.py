"""Which stream upstream is followed, and how what it says reads as the relays' stream would say it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ..sdk.events import Event
from ..sdk.upstream import KeyRefused, Upstream
from ..wire.relays import STREAM, last_event_id
from .holdings import Holdings, sha256_of


class Subscription(Protocol):
    path: str

    async def prepare(self, upstream: Upstream) -> None:
        """What must be known before the stream is opened; raises Unreachable."""

    def last_event_id(self, positions: Mapping[str, int]) -> str:
        """Where the stream is to go on."""

    def told(self, event: Event) -> Iterator[Event]:
        """What the relays' stream would have said; raises ValueError, KeyError and TypeError for what cannot be read."""

    def refused(self, error: KeyRefused) -> Iterator[Event]:
        """What follows when upstream takes this API key no more."""


class Everything:
    """With a relay key: all below its scope. When it is revoked, what was heard goes on: callers have keys of their own."""

    path = STREAM

    async def prepare(self, upstream: Upstream) -> None:
        pass

    def last_event_id(self, positions: Mapping[str, int]) -> str:
        return last_event_id(positions)

    def told(self, event: Event) -> Iterator[Event]:
        yield event

    def refused(self, error: KeyRefused) -> Iterator[Event]:
        yield from ()


class OneEnvironment:
    """With a server key: its environment. Callers show the same key, so here it ends with its end upstream."""

    path = "/api/v1/sdk/stream"

    def __init__(self, secret: str, holdings: Holdings) -> None:
        self.sha256, self.holdings = sha256_of(secret), holdings
        self.name = ""
        self._is_introduced = False

    async def prepare(self, upstream: Upstream) -> None:
        self.name = await upstream.environment_name()
        self._is_introduced = False

    def last_event_id(self, positions: Mapping[str, int]) -> str:
        return str(next(iter(positions.values()), ""))

    def told(self, event: Event) -> Iterator[Event]:
        if event.name == "bye" and json.loads(event.data)["reason"] in ("key-revoked", "key-expired"):
            yield _event("keys", [])
        if event.name not in ("put", "delta", "freshness"):
            return
        environment_id = next(iter(self.holdings.places), "") or json.loads(event.data)["manifest"]["environment"]
        if not self._is_introduced:
            self._is_introduced = True
            yield from self._introduction(environment_id)
        # Whatever else the event calls itself, what it brings is verified to be of this environment.
        yield Event(event.name, b'{"environment":%b,%b' % (json.dumps(environment_id).encode(), event.data[1:]))

    def refused(self, error: KeyRefused) -> Iterator[Event]:
        if error.status == 401 and self.holdings.knows_keys:
            yield _event("keys", [])

    def _introduction(self, environment_id: str) -> Iterator[Event]:
        place = {"id": environment_id, "organization": "", "project": "", "key": self.name, "version": None}
        key = {"sha256": self.sha256, "kind": "server", "environment": environment_id, "origins": [], "limits": {}}
        yield _event("environments", [place])
        yield _event("keys", [{**key, "expires": None}])


def _event(name: str, document: Any) -> Event:
    return Event(name, json.dumps(document).encode())
