"""The one background task of a serving process: it keeps what is held in memory at what the database says."""

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import close_old_connections

from evaluation.delivery.held import HeldKey
from evaluation.delivery.hub import Hub
from evaluation.manifest import counting, keyring, memory, sign
from evaluation.stream import bus

# How soon to look without being woken: a wake-up may be lost, and it costs two small queries.
LOOK_SECONDS = 2.0
# The same while the source of wake-ups is known to be broken.
BLIND_SECONDS = 1.0

log = logging.getLogger(__name__)


class Lookout:
    """Wakes on the bus, compares in a thread of its own, and has the hub close what must not go on."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lookout")
        self._woken = asyncio.Event()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look())]
        self._blind = False
        self._healed_at = time.monotonic()
        # When the last look came to its end, on the monotonic clock.
        self.looked_at = time.monotonic()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await asyncio.get_running_loop().run_in_executor(self._thread, close_old_connections)
        self._thread.shutdown(wait=False)

    async def _listen(self) -> None:
        while True:
            try:
                await bus.listen(self._wake)
            except Exception as error:  # whatever the source raises: look by the clock until it is back
                if not self._blind:
                    log.warning("wake-ups broke off (%s: %s); looking every second", type(error).__name__, error)
                self._blind = True
                self._woken.set()
                await asyncio.sleep(BLIND_SECONDS)

    def _wake(self) -> None:
        self._blind = False
        self._woken.set()

    async def _look(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BLIND_SECONDS if self._blind else LOOK_SECONDS):
                    await self._woken.wait()
            self._woken.clear()
            try:
                gone = await asyncio.get_running_loop().run_in_executor(self._thread, self._reconcile)
            except Exception as error:  # the database is out of reach: serve on from memory, look again soon
                counting.database_errors["look"] += 1
                log.warning("cannot look for new versions: %s: %s", type(error).__name__, error)
                await asyncio.sleep(BLIND_SECONDS)
                self._woken.set()
            else:
                self.looked_at = time.monotonic()
                self.hub.close_streams_of(gone)

    def _reconcile(self) -> list[HeldKey]:
        close_old_connections()
        gone = keyring.reconcile()  # first: what is revoked must not wait for a manifest that cannot be read
        memory.reconcile()
        if time.monotonic() - self._healed_at >= settings.RECONCILE_SECONDS:
            self._healed_at = time.monotonic()
            memory.heal_cache()
            sign.refresh()
        return gone
