"""The Channels doors of the SDK API: SSE, long-poll and WebSocket."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from evaluation.manifest import memory
from evaluation.manifest.admission import held_for
from evaluation.manifest.proof import freshness_of
from evaluation.stream import service
from evaluation.stream.callers import Caller, caller_of
from evaluation.stream.feeds import Feed
from evaluation.wire.frames import HEARTBEAT, OPENING, Message, bye_event, bye_frame, ping_frame
from evaluation.wire.problems import Refused, failed, method_not_allowed
from evaluation.wire.replies import CORS_HEADERS, PREFLIGHT_HEADERS, Headers, Reply
from evaluation.wire.requests import version_of

log = logging.getLogger(__name__)

# With a layer, Channels subscribes every consumer to Redis before it serves it, so that a dead Redis would end all streams.
NO_CHANNEL_LAYER = None
# Close codes of our own for WebSockets: 4000 plus the HTTP status that says the same.
CLOSE_CODE_OFFSET = 4000


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def messages(caller: Caller, feed: Feed) -> AsyncGenerator[Message | None, None]:
    """What the caller is owed, as it comes; None at each heartbeat. Ends when the stream must close."""
    hub = service.hub()
    subscriber = hub.subscribe(caller.key)
    try:
        while subscriber.ended is None:
            held = memory.held(caller.key.environment_id) or await database_sync_to_async(held_for)(
                caller.key.environment_id
            )
            message = feed.next(held, hub.replay(held))
            if message is not None:
                yield message
            if not await subscriber.news(settings.STREAM_HEARTBEAT_SECONDS):
                yield feed.tick(held)
            if caller.has_expired():
                subscriber.end("key-expired")
        caller.ended = subscriber.ended
    finally:
        hub.unsubscribe(subscriber)


async def whole_state(caller: Caller) -> Message | None:
    held = memory.held(caller.key.environment_id) or await database_sync_to_async(held_for)(caller.key.environment_id)
    return caller.feed(None).next(held, service.hub().replay(held))


def retry_ms() -> int:
    """When a client that was sent away should come back: spread, so that not all come at once."""
    return random.randint(500, 3000)  # noqa: S311  (nobody gains from guessing it)


class SdkHttpConsumer(AsyncHttpConsumer):  # type: ignore[misc]  # Channels has no types
    """What SSE and long-poll share: CORS, preflight, problems, and a client that may leave at any time."""

    channel_layer_alias = NO_CHANNEL_LAYER
    task: "asyncio.Task[None] | None" = None
    has_begun = False

    async def http_request(self, message: dict[str, Any]) -> None:
        # Channels ends a consumer when its handler returns, and hears of a client's leaving only after that.
        # So the answer is written by a task of its own, and this consumer stays to hear http.disconnect.
        if message.get("more_body") or self.task is not None:
            return
        self.task = asyncio.create_task(self._answer())

    async def http_disconnect(self, message: dict[str, Any]) -> None:
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self.task
        raise StopConsumer

    async def _answer(self) -> None:
        try:
            await self._answer_method(self.scope["method"])
        except Refused as refused:
            await self.reply(refused.reply)
        except (
            Exception
        ):  # nobody awaits this task, so what is wrong here is said here, and the client is not left hanging
            log.exception("%s broke", self.scope["path"])
            await self.fail()

    async def _answer_method(self, method: str) -> None:
        if method == "OPTIONS":
            await self.reply(Reply(204, b"", headers=tuple(PREFLIGHT_HEADERS.items())))
        elif method != "GET":
            await self.reply(method_not_allowed("GET, OPTIONS"))
        else:
            await self.respond(
                await database_sync_to_async(caller_of)(headers_of(self.scope), self.scope["query_string"])
            )

    async def fail(self) -> None:
        """End the answer: as a problem while nothing was sent, else by closing, so that the client comes back."""
        if self.has_begun:
            await self.send_body(bye_event("error", retry_ms()))
        else:
            await self.reply(failed())

    async def respond(self, caller: Caller) -> None:
        raise NotImplementedError

    async def send_headers(self, **start: Any) -> None:
        self.has_begun = True
        await super().send_headers(**start)

    async def reply(self, reply: Reply) -> None:
        headers = {"Content-Type": reply.content_type, **CORS_HEADERS, **dict(reply.headers)}
        await self.send_headers(status=reply.status, headers=_encoded(headers))
        await self.send_body(reply.body)


class StreamConsumer(SdkHttpConsumer):
    """`GET /api/v1/sdk/stream`: Server-Sent Events, the whole state first."""

    async def respond(self, caller: Caller) -> None:
        since = version_of(headers_of(self.scope).get("last-event-id", ""))
        await self.send_headers(status=200, headers=_encoded(SSE_HEADERS))
        await self.send_body(OPENING, more_body=True)
        async with contextlib.aclosing(self.messages(caller, since)) as stream:
            async for message in stream:
                await self.send_body(message.as_sse() if message else HEARTBEAT, more_body=True)
        await self.send_body(bye_event(caller.ended or "", retry_ms()))

    def messages(self, caller: Caller, since: int | None) -> AsyncGenerator[Message | None, None]:
        return messages(caller, caller.feed(since))


def _freshness(caller: Caller) -> Headers:
    """For whoever holds rules: that they are still the newest."""
    held = memory.held(caller.key.environment_id) if caller.wants_rules else None
    return (("FlagForge-Freshness", freshness_of(held)),) if held else ()


class PollConsumer(SdkHttpConsumer):
    """`GET /api/v1/sdk/poll?since=<version>&timeout=30`: one message as soon as there is one, 204 when none came."""

    async def respond(self, caller: Caller) -> None:
        message = await self._first_news(caller)
        if message is None:
            await self.reply(Reply(204, b"", headers=(*POLL_HEADERS, *_freshness(caller))))
        else:
            await self.reply(Reply(200, message.as_frame().encode(), headers=POLL_HEADERS))

    async def _first_news(self, caller: Caller) -> Message | None:
        """The first message that tells the client more than it has; None when the time is over without one.

        Where rules read the clock, the same version may have other values by now, so that it is owed whole; but at the end
        of the time, since a client that polls again at once would otherwise never wait.
        """
        withheld: Message | None = None
        with contextlib.suppress(TimeoutError):
            async with (
                asyncio.timeout(caller.timeout),
                contextlib.aclosing(messages(caller, caller.feed(caller.since))) as stream,
            ):
                async for message in stream:
                    if message is not None and message.kind == "put" and message.version == caller.since:
                        withheld = message
                    elif message is not None:
                        return message if withheld is None else await whole_state(caller)
        return withheld and await whole_state(caller)


class SdkSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """`WS /ws/sdk`: the stream's messages as JSON frames. What a client sends is ignored."""

    channel_layer_alias = NO_CHANNEL_LAYER
    task: "asyncio.Task[None] | None" = None

    async def connect(self) -> None:
        await self.accept()
        try:
            caller = await database_sync_to_async(caller_of)(headers_of(self.scope), self.scope["query_string"])
        except Refused as refused:
            # Accepted first: a browser tells a script nothing about a handshake that failed.
            await self.send(refused.reply.body.decode())
            await self.close(CLOSE_CODE_OFFSET + refused.reply.status)
            return
        self.task = asyncio.create_task(self._pump(caller))

    async def disconnect(self, code: int) -> None:
        if self.task is not None:
            self.task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing that a client says changes what it is owed."""

    async def _pump(self, caller: Caller) -> None:
        try:
            await self._send_messages(caller)
        except Exception:  # nobody awaits this task; a socket that stays open and mute would be the worst answer
            log.exception("a WebSocket of the SDK API broke")
            await self.close(CLOSE_CODE_OFFSET + 500)

    async def _send_messages(self, caller: Caller) -> None:
        version = 0
        async with contextlib.aclosing(messages(caller, caller.feed(caller.since))) as stream:
            async for message in stream:
                version = message.version if message else version
                await self.send(message.as_frame() if message else ping_frame(version))
        await self.send(bye_frame(caller.ended or "", retry_ms()))
        await self.close()


SSE_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
    **CORS_HEADERS,
}
POLL_HEADERS = (("Cache-Control", "no-store"),)


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
