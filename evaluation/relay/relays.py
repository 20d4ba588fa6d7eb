"""What a relay answers to the relays behind it: its stream, and a question about one key."""

import contextlib

from ..delivery.below import Downstream
from ..delivery.held import HeldKey
from ..delivery.streams import retry_ms
from ..wire.frames import OPENING, bye_event
from ..wire.problems import Refused, method_not_allowed
from ..wire.relays import KEYS, positions_of, told_key, unknown_key
from ..wire.replies import SSE_HEADERS
from ..wire.requests import api_key_of
from .asgi import Receive, Scope, Send, chunk, headers_of, reply, start, unless_gone
from .asking import Asking
from .below import find_key_below, origin
from .holdings import Holdings
from .streams import HEARTBEAT_SECONDS

RELAY_KEYS = ("relay",)


class Relays:
    """`open` counts the relays that follow this one."""

    def __init__(self, holdings: Holdings, asking: Asking) -> None:
        self.holdings, self.asking = holdings, asking
        self.open = 0

    def admit(self, scope: Scope) -> HeldKey:
        """The relay key of a request; raises `Refused`."""
        return self.holdings.admit(api_key_of(headers_of(scope)), RELAY_KEYS)

    async def sse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`GET /api/v1/sdk/relay/stream`"""
        key = self.admit(scope)
        positions = positions_of(headers_of(scope).get("last-event-id", ""))
        self.open += 1
        try:
            downstream = Downstream(key, positions, origin(self.holdings, HEARTBEAT_SECONDS))
            await unless_gone(_events(downstream, send), receive, "http.disconnect")
        finally:
            self.open -= 1

    async def key(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`GET /api/v1/sdk/relay/keys/<sha256>`: what this relay does not know, it asks upstream."""
        key = self.admit(scope)
        if scope["method"] not in ("GET", "HEAD"):
            raise Refused(method_not_allowed("GET, HEAD, OPTIONS"))
        sha256 = scope["path"].removeprefix(KEYS)
        if find_key_below(key, sha256, self.holdings) is None:
            await self.asking.hear_of_hash(sha256)
        found = find_key_below(key, sha256, self.holdings)
        await reply(send, told_key(found) if found else unknown_key())


async def _events(downstream: Downstream, send: Send) -> None:
    await start(send, 200, SSE_HEADERS)
    await chunk(send, OPENING)
    async with contextlib.aclosing(downstream.events()) as events:
        async for event in events:
            await chunk(send, event)
    await chunk(send, bye_event(downstream.subscriber.ended or "", retry_ms()), more=False)
