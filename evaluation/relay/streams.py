"""The relay's streaming doors: SSE, OFREP's stream, one long poll, and WebSocket."""

import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Mapping

from ..delivery.callers import Caller, caller_of
from ..delivery.held import HeldKey
from ..delivery.refetches import refetches
from ..delivery.streams import Source, first_news, messages, retry_ms
from ..wire.frames import HEARTBEAT, OPENING, Message, bye_event, bye_frame, ping_frame
from ..wire.problems import Refused
from ..wire.replies import SSE_HEADERS, Reply
from ..wire.requests import version_of
from .asgi import Receive, Scope, Send, chunk, headers_of, reply, start, unless_gone
from .holdings import Holdings
from .listeners import Listener, Listening
from .polls import Poll, nothing_new

HEARTBEAT_SECONDS = 15.0
# Close codes of our own for WebSockets: 4000 plus the HTTP status that says the same.
CLOSE_CODE_OFFSET = 4000
SOCKET = "/ws/sdk"
Events = Callable[[Caller, int | None, Source], AsyncGenerator[Message | None, None]]


class Streams:
    def __init__(self, holdings: Holdings) -> None:
        self.holdings = holdings
        self.source = Source(holdings.hub, holdings.rules_of, HEARTBEAT_SECONDS)
        self._listening = Listening(holdings, HEARTBEAT_SECONDS)
        self._open = 0
        self._kinds = Counter({"ofrep": 0, "websocket": 0, "poll": 0})

    def by_kind(self) -> dict[str, int]:
        """How many are open; polls are those that wait."""
        sse = self.open - self._kinds["ofrep"] - self._kinds["websocket"]
        return {"sse": sse, **self._kinds, "poll": self._kinds["poll"] + self._listening.polls}

    @property
    def open(self) -> int:
        return self._open + self._listening.open

    def listener(self, headers: Mapping[str, str], query: bytes) -> Listener:
        """Who opens `GET /api/v1/sdk/stream`, without ASGI; raises `Refused`."""
        caller = self._caller(headers, query)
        feed = caller.feed(version_of(headers.get("last-event-id", "")))
        return Listener(self._listening, caller.key, feed, self._held_open(caller.key))

    def waiting(self, headers: Mapping[str, str], query: bytes, tell: Callable[[Reply], None]) -> Poll:
        """Who asks `GET /api/v1/sdk/poll`, without ASGI; raises `Refused`."""
        caller = self._caller(headers, query)
        return Poll(self._listening, caller, self._held_open(caller.key), tell)

    def _held_open(self, key: HeldKey) -> contextlib.ExitStack | None:
        """A stream of the key's limit, until it is closed; raises `Refused` where it holds as many as it may."""
        if not key.is_limited:
            return None
        held_open = contextlib.ExitStack()
        held_open.enter_context(self.holdings.limiter.streaming(key))
        return held_open

    def opened(self, scope: Scope) -> Caller:
        """Who opens a stream; raises `Refused`."""
        return self._caller(headers_of(scope), scope["query_string"])

    def _caller(self, headers: Mapping[str, str], query: bytes) -> Caller:
        caller = caller_of(headers, query, self.holdings)
        self.holdings.held_for(caller.key.environment_id)
        return caller

    async def sse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`GET /api/v1/sdk/stream`"""
        await self._stream(scope, receive, send, _feed)

    async def ofrep(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`GET /ofrep/v1/stream`"""
        with self._of_kind("ofrep"):
            await self._stream(scope, receive, send, refetches)

    async def poll(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`GET /api/v1/sdk/poll`"""
        caller = self.opened(scope)
        with self._of_kind("poll"), self.holdings.limiter.streaming(caller.key):
            await unless_gone(self._poll(caller, send), receive, "http.disconnect")

    async def socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`WS /ws/sdk`: what a client says is ignored."""
        await receive()
        await send({"type": "websocket.accept"})
        try:
            caller = self.opened(scope)
            with self._of_kind("websocket"), self._counted(caller):
                self.holdings.tally.count(SOCKET, 101, 0.0)
                await unless_gone(self._frames(caller, send), receive, "websocket.disconnect")
        except Refused as refused:
            self.holdings.tally.count(SOCKET, refused.reply.status, 0.0)
            # Accepted first: a browser tells a script nothing about a handshake that failed.
            await send({"type": "websocket.send", "text": refused.reply.body.decode()})
            await send({"type": "websocket.close", "code": CLOSE_CODE_OFFSET + refused.reply.status})

    async def _stream(self, scope: Scope, receive: Receive, send: Send, events: Events) -> None:
        caller = self.opened(scope)
        since = version_of(headers_of(scope).get("last-event-id", ""))
        with self._counted(caller):
            await unless_gone(
                self._events(caller, events(caller, since, self.source), send), receive, "http.disconnect"
            )

    async def _events(self, caller: Caller, events: AsyncGenerator[Message | None, None], send: Send) -> None:
        await start(send, 200, SSE_HEADERS)
        await chunk(send, OPENING)
        async with contextlib.aclosing(events) as stream:
            with contextlib.suppress(Refused):  # the environment is gone
                async for message in stream:
                    await chunk(send, message.as_sse() if message else HEARTBEAT)
        await chunk(send, bye_event(caller.ended or "", retry_ms()), more=False)

    async def _poll(self, caller: Caller, send: Send) -> None:
        message = await first_news(caller, self.source)
        if message is None:
            await reply(send, nothing_new(caller, self.holdings))
        else:
            await reply(send, self._listening.answered(message))

    async def _frames(self, caller: Caller, send: Send) -> None:
        version = 0
        async with contextlib.aclosing(messages(caller, caller.feed(caller.since), self.source)) as stream:
            async for message in stream:
                version = message.version if message else version
                await send({"type": "websocket.send", "text": message.as_frame() if message else ping_frame(version)})
        await send({"type": "websocket.send", "text": bye_frame(caller.ended or "", retry_ms())})
        await send({"type": "websocket.close", "code": 1000})

    @contextlib.contextmanager
    def _of_kind(self, kind: str) -> Generator[None, None, None]:
        self._kinds[kind] += 1
        try:
            yield
        finally:
            self._kinds[kind] -= 1

    @contextlib.contextmanager
    def _counted(self, caller: Caller) -> Generator[None, None, None]:
        """Raises `Refused` where the caller's key holds as many streams as it may."""
        with self.holdings.limiter.streaming(caller.key):
            self._open += 1
            try:
                yield
            finally:
                self._open -= 1


def _feed(caller: Caller, since: int | None, source: Source) -> AsyncGenerator[Message | None, None]:
    return messages(caller, caller.feed(since), source)
