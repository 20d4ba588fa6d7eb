"""Closes sockets in time: one task of the process asks each second what every open one may still see."""

import asyncio
import logging
import time
from typing import Protocol

from channels.db import database_sync_to_async
from django.utils import timezone

from evaluation.dashboard.sight import Ended, Sight, Viewer, sights_of

LOOK_SECONDS = 1.0
# So long may the database be out of reach before nobody is trusted any more.
TRUST_SECONDS = 10.0

log = logging.getLogger(__name__)
ask = database_sync_to_async(sights_of, thread_sensitive=False)


class Guarded(Protocol):
    viewer: Viewer

    def see(self, sight: Sight | Ended) -> None:
        """Go on with this, or close."""


class Guard:
    """Works while there are sockets, and asks for all of them together."""

    def __init__(self) -> None:
        self._sockets: set[Guarded] = set()
        self._task: asyncio.Task[None] | None = None

    def watch(self, socket: Guarded) -> None:
        self._sockets.add(socket)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())

    def forget(self, socket: Guarded) -> None:
        self._sockets.discard(socket)

    async def _look(self) -> None:
        trusted_until = time.monotonic() + TRUST_SECONDS
        while self._sockets:
            await asyncio.sleep(LOOK_SECONDS)
            if await self._ask(trusted_until - time.monotonic()):
                trusted_until = time.monotonic() + TRUST_SECONDS
            elif time.monotonic() >= trusted_until:
                self._end_all()

    async def _ask(self, seconds: float) -> bool:
        """Whether anybody answered."""
        try:
            async with asyncio.timeout(seconds):
                sights = await ask({socket.viewer for socket in self._sockets}, timezone.now())
        except Exception as error:  # whatever it is: without a guard every socket would stay open
            log.warning("cannot ask what open dashboards may see: %s", type(error).__name__)
            return False
        for socket in list(self._sockets):
            if socket.viewer in sights:  # else it came while we asked, and was asked about by itself
                socket.see(sights[socket.viewer])
        return True

    def _end_all(self) -> None:
        for socket in list(self._sockets):
            socket.see(Ended.OUT_OF_REACH)


guard = Guard()
