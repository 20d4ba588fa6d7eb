"""The Channels doors of the SDK API: SSE, long-poll and WebSocket."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Mapping
from typing import Any

from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from evaluation import sightings
from evaluation.delivery.callers import Caller, caller_of
from evaluation.delivery.streams import first_news, messages, retry_ms
from evaluation.delivery.tally import door_of
from evaluation.manifest import admission, counting, memory
from evaluation.manifest.admission import held_for
from evaluation.manifest.proof import freshness_of
from evaluation.stream import service
from evaluation.wire.frames import HEARTBEAT, OPENING, Message, bye_event, bye_frame, ping_frame
from evaluation.wire.problems import Refused, failed, method_not_allowed
from evaluation.wire.replies import CORS_HEADERS, POLL_HEADERS, PREFLIGHT_HEADERS, SSE_HEADERS, Headers, Reply
from evaluation.wire.requests import api_key_of, version_of

log = logging.getLogger(__name__)

# With a layer, Channels subscribes every consumer to Redis before it serves it, so that a dead Redis would end all streams.
NO_CHANNEL_LAYER = None
# What a server raises when something is sent to a client that has left: no fault, and nobody to tell it to.
LEFT = (OSError,)
# Close codes of our own for WebSockets: 4000 plus the HTTP status that says the same.
CLOSE_CODE_OFFSET = 4000


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def opened_by(scope: Mapping[str, Any]) -> Caller:
    """Who opens a stream, into an environment that has rules. Raises `Refused`. May ask the database."""
    headers = headers_of(scope)
    try:
        caller = caller_of(headers, scope["query_string"], admission)
    except Refused as refused:
        if refused.reply.status == 401:
            sightings.note_refusal(api_key_of(headers), (scope.get("client") or [None])[0])
        raise
    held_for(caller.key.environment_id)
    sightings.note_stream(caller.key, headers.get("user-agent", ""), has_rules=caller.wants_rules)
    return caller


class SdkHttpConsumer(AsyncHttpConsumer):  # type: ignore[misc]  # Channels has no types
    """What SSE and long-poll share: CORS, preflight, problems, and a client that may leave at any time."""

    channel_layer_alias = NO_CHANNEL_LAYER
    task: "asyncio.Task[None] | None" = None
    has_begun = False
    kind = "sse"

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
            with counting.streaming(self.kind):
                await self.respond()

    async def fail(self) -> None:
        """End the answer: as a problem while nothing was sent, else by closing, so that the client comes back."""
        if self.has_begun:
            await self.send_body(bye_event("error", retry_ms()))
        else:
            await self.reply(failed())

    async def respond(self) -> None:
        raise NotImplementedError

    async def send_headers(self, **start: Any) -> None:
        self.has_begun = True
        counting.count_answer(door_of(self.scope["path"]), start["status"], 0.0)
        await super().send_headers(**start)

    async def reply(self, reply: Reply) -> None:
        headers = {"Content-Type": reply.content_type, **CORS_HEADERS, **dict(reply.headers)}
        await self.send_headers(status=reply.status, headers=encoded(headers))
        await self.send_body(reply.body)


class StreamConsumer(SdkHttpConsumer):
    """`GET /api/v1/sdk/stream`: Server-Sent Events, the whole state first."""

    async def respond(self) -> None:
        caller = await database_sync_to_async(opened_by)(self.scope)
        with admission.limiter.streaming(caller.key):
            await self._stream(caller)

    async def _stream(self, caller: Caller) -> None:
        since = version_of(headers_of(self.scope).get("last-event-id", ""))
        await self.send_headers(status=200, headers=encoded(SSE_HEADERS))
        await self.send_body(OPENING, more_body=True)
        async with contextlib.aclosing(self.messages(caller, since)) as stream:
            async for message in stream:
                await self.send_body(message.as_sse() if message else HEARTBEAT, more_body=True)
        await self.send_body(bye_event(caller.ended or "", retry_ms()))

    def messages(self, caller: Caller, since: int | None) -> AsyncGenerator[Message | None, None]:
        return messages(caller, caller.feed(since), service.source())


def _freshness(caller: Caller) -> Headers:
    """For whoever holds rules: that they are still the newest."""
    held = memory.held(caller.key.environment_id) if caller.wants_rules else None
    return (("FlagForge-Freshness", freshness_of(held)),) if held else ()


class PollConsumer(SdkHttpConsumer):
    """`GET /api/v1/sdk/poll?since=<version>&timeout=30`: one message as soon as there is one, 204 when none came."""

    kind = "poll"

    async def respond(self) -> None:
        caller = await database_sync_to_async(opened_by)(self.scope)
        with admission.limiter.streaming(caller.key):
            message = await first_news(caller, service.source())
        if message is None:
            await self.reply(Reply(204, b"", headers=(*POLL_HEADERS, *_freshness(caller))))
        else:
            await self.reply(Reply(200, message.as_frame().encode(), headers=POLL_HEADERS))


class SdkSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """`WS /ws/sdk`: the stream's messages as JSON frames. What a client sends is ignored."""

    channel_layer_alias = NO_CHANNEL_LAYER
    task: "asyncio.Task[None] | None" = None

    async def connect(self) -> None:
        with contextlib.suppress(*LEFT):
            await self.accept()
            await self._open()

    async def _open(self) -> None:
        try:
            caller = await database_sync_to_async(opened_by)(self.scope)
        except Refused as refused:
            await self._refuse(refused)
        else:
            self.task = asyncio.create_task(self._pump(caller))

    async def _refuse(self, refused: Refused) -> None:
        """Accepted first: a browser tells a script nothing about a handshake that failed."""
        counting.count_answer("websocket", refused.reply.status, 0.0)
        await self.send(refused.reply.body.decode())
        await self.close(CLOSE_CODE_OFFSET + refused.reply.status)

    async def disconnect(self, code: int) -> None:
        if self.task is not None:
            self.task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing that a client says changes what it is owed."""

    async def _pump(self, caller: Caller) -> None:
        try:
            with admission.limiter.streaming(caller.key), counting.streaming("websocket"):
                counting.count_answer("websocket", 101, 0.0)
                await self._send_messages(caller)
        except LEFT:
            await self._closing(self.close())
        except Refused as refused:
            await self._closing(self._refuse(refused))
        except Exception:  # nobody awaits this task; a socket that stays open and mute would be the worst answer
            log.exception("a WebSocket of the SDK API broke")
            await self._closing(self.close(CLOSE_CODE_OFFSET + 500))

    async def _closing(self, last_words: Awaitable[None]) -> None:
        with contextlib.suppress(*LEFT):
            await last_words

    async def _send_messages(self, caller: Caller) -> None:
        version = 0
        async with contextlib.aclosing(messages(caller, caller.feed(caller.since), service.source())) as stream:
            async for message in stream:
                version = message.version if message else version
                await self.send(message.as_frame() if message else ping_frame(version))
        await self.send(bye_frame(caller.ended or "", retry_ms()))
        await self.close()


def encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
