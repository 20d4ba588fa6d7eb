"""`WS /ws/dashboard/<organization>/<project>`: an open page hears which flags changed, as long as its person may see them."""

import asyncio
import contextlib
import io
import json
import logging
import secrets
from collections.abc import Collection, Mapping
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from evaluation.dashboard.changes import Changes
from evaluation.dashboard.guard import ask, guard
from evaluation.dashboard.presence import Presence, read, rooms, told
from evaluation.dashboard.shown import Shown, read_shown
from evaluation.dashboard.sight import Ended, Sight, Viewer, person_behind
from evaluation.delivery.held import Held
from evaluation.manifest import counting, memory
from evaluation.stream import service
from evaluation.stream.consumers import LEFT, NO_CHANNEL_LAYER

PING = '{"type":"ping"}'
SCHEMES = {"ws": "http", "wss": "https"}
# 4000 plus the HTTP status that says the same; anything else is a server that goes away (1012).
CLOSE_CODES: dict[str, int] = {Ended.SIGNED_OUT: 4401, Ended.NO_ACCESS: 4404, Ended.OUT_OF_REACH: 4503}
SERVICE_RESTART = 1012

log = logging.getLogger(__name__)
who = database_sync_to_async(person_behind, thread_sensitive=False)


class LiveSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """One open page. It may say where it is; its address, what it shows (`read_shown`)."""

    channel_layer_alias = NO_CHANNEL_LAYER
    task: "asyncio.Task[None] | None" = None
    watch: "Watch | None" = None
    said = ""

    async def connect(self) -> None:
        request = request_of(self.scope)
        if not is_from_here(request):
            await self.close()
            return
        with contextlib.suppress(*LEFT):
            # Accepted first: a browser tells a script nothing about a handshake that failed.
            await self.accept()
        session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        self.viewer = Viewer(session_key, **self.scope["url_route"]["kwargs"])
        self.task = asyncio.create_task(self._serve(read_shown(request.GET.dict())))

    async def disconnect(self, code: int) -> None:
        if self.task is not None:
            self.task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Where the page is, and whether somebody types there; it may be said before anybody was let in."""
        self.said = text_data or ""
        if self.watch is not None:
            self.watch.hear(self.said)

    async def _serve(self, shown: Shown) -> None:
        with counting.streaming("page"):
            await self._tell(shown)

    async def _tell(self, shown: Shown) -> None:
        try:
            sight = (await ask([self.viewer], timezone.now()))[self.viewer]
            reason = sight if isinstance(sight, Ended) else await self._watch(sight, shown)
        except LEFT:
            reason = "left"
        except DatabaseError:
            reason = Ended.OUT_OF_REACH
        except Exception:  # nobody awaits this task; a socket that stays open and mute would be the worst answer
            log.exception("a WebSocket of a page broke")
            reason = "error"
        with contextlib.suppress(*LEFT):
            await self.close(CLOSE_CODES.get(reason, SERVICE_RESTART), reason)

    async def _watch(self, sight: Sight, shown: Shown) -> str:
        self.watch = Watch(self, sight, shown)
        self.watch.hear(self.said)
        try:
            return await self.watch.until_ended()
        finally:
            self.watch = None


class Watch:
    """What one socket is told, from the moment in which it may see something."""

    def __init__(self, socket: LiveSocket, sight: Sight, shown: Shown) -> None:
        self.socket = socket
        self.viewer = socket.viewer
        self.hub = service.hub()
        self.subscriber = self.hub.watch(sight)
        self.sight = sight
        self.socket_id = secrets.token_hex(8)
        self.room = f"{self.viewer.organization}/{self.viewer.project}"
        self.heard = ""
        self.person: tuple[str, str] | None = None
        self.presence: Presence | None = None
        self.others: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.changes = {environment_id: Changes(key, shown) for environment_id, key in sight.items()}

    async def until_ended(self) -> str:
        """Tells until there is a reason to close, and returns that."""
        guard.watch(self)
        try:
            await self.socket.send(PING)  # by which the page knows that it was let in
            while self.subscriber.ended is None:
                await self._tell_news()
                await self._say_presence()
                await self._tell_presence()
                if not await self.subscriber.news(settings.STREAM_HEARTBEAT_SECONDS):
                    await self.socket.send(PING)
        finally:
            guard.forget(self)
            rooms.leave(self)
            self.hub.unsubscribe(self.subscriber)
        return self.subscriber.ended

    def see(self, sight: Sight | Ended) -> None:
        if isinstance(sight, Ended):
            self.subscriber.end(sight)
            return
        self.sight = sight
        if sight.keys() != self.changes.keys():
            self.changes = {each: self.changes.get(each) or Changes(key) for each, key in sight.items()}
            self.hub.follow(self.subscriber, sight)
            self.subscriber.wake()

    def hear(self, text: str) -> None:
        """What the page says; the newest counts."""
        self.heard = text
        self.subscriber.wake()

    def meet(self, others: Collection[Presence]) -> None:
        self.others = told(others, self.presence, self.sight) if self.presence is not None else []
        if self.others != self.told:
            self.subscriber.wake()

    async def _say_presence(self) -> None:
        text, self.heard = self.heard, ""
        if not text or not settings.REDIS_URL:
            return
        self.person = self.person or await who(self.viewer.session_key, timezone.now())
        if self.person is None:
            return
        user_id, name = self.person
        if said := read(text, user_id, name, self.sight):
            self.presence = said
            rooms.enter(self)

    async def _tell_presence(self) -> None:
        if self.others != self.told and self.subscriber.ended is None:
            self.told = self.others
            await self.socket.send(json.dumps({"type": "presence", "people": self.told}, ensure_ascii=False))

    async def _tell_news(self) -> None:
        for environment_id in list(self.changes):
            held = memory.held(environment_id) or await _load(environment_id)
            changes = self.changes.get(environment_id)  # asked again: it may have gone out of sight meanwhile
            frame = changes.next(held, self.hub.replay(held)) if held and changes else None
            if frame is not None and self.subscriber.ended is None:
                await self.socket.send(frame)


async def _load(environment_id: str) -> Held | None:
    """None while there is nothing published, or nobody to ask: looked at again with the next news or heartbeat."""
    with contextlib.suppress(DatabaseError):
        held: Held | None = await database_sync_to_async(memory.load, thread_sensitive=False)(environment_id)
        return held
    return None


def request_of(scope: Mapping[str, Any]) -> HttpRequest:
    """The handshake as the GET request that it is, so that Django reads its host, scheme, cookies and query."""
    return ASGIRequest({**scope, "method": "GET", "scheme": SCHEMES.get(scope.get("scheme", "ws"))}, io.BytesIO())


def is_from_here(request: HttpRequest) -> bool:
    """Whether a page of ours asks: the same rule as for forms. A browser always says where a socket comes from."""
    try:
        ours = f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return False
    return request.headers.get("Origin") in {ours, *settings.CSRF_TRUSTED_ORIGINS}
