"""What a control plane's process says of how far versions have come, and of which keys were used."""

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from evaluation import sightings
from evaluation.convergence import reports
from evaluation.delivery.reach import Reach
from evaluation.wire.convergence import AGAIN_SECONDS, SOON_SECONDS, USED_SECONDS, Report, Reporter
from tenants import last_used
from tenants.models import Environment
from tenants.models.base import new_id

GOODBYE_SECONDS = 2.0

log = logging.getLogger(__name__)


class Reporting:
    """One task of a serving process; it writes in a thread of its own, and what cannot be written is said the next time."""

    def __init__(self, reach: Reach, open_keys: Callable[[], Iterable[str]] = tuple) -> None:
        self.reach, self.open_keys = reach, open_keys
        self.id = new_id()
        self.name = f"{socket.gethostname()} ({os.getpid()})"[:200]
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reporting")
        self._reported: set[str] = set()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Say goodbye, if that can be done soon."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._in_thread(self._say_goodbye)
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        said_at = used_at = time.monotonic()
        while True:
            await asyncio.sleep(SOON_SECONDS)
            changed, self.reach.changed = self.reach.changed, set()
            if time.monotonic() - said_at >= AGAIN_SECONDS:
                said_at = time.monotonic()
                changed |= self.reach.spreads.keys()
            if changed:
                await self._in_thread(self._say, changed)
            if sightings.has_news():
                await self._in_thread(sightings.pass_on)
            if time.monotonic() - used_at >= USED_SECONDS:
                used_at = time.monotonic()
                await self._in_thread(self._write_uses, self.open_keys())

    async def _in_thread(self, say: Callable[..., None], *arguments: Any) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, say, *arguments)
        except DatabaseError as error:
            log.warning("cannot report what was served: %s", type(error).__name__)

    def _say(self, environment_ids: set[str]) -> None:
        close_old_connections()
        seen = {each: self.reach.seen(each) for each in environment_ids}
        serving = {each: said for each, said in seen.items() if said["streams"] or said["instances"]}
        if serving:
            report = Report([Reporter(self.id, self.name, serving)])
            reports.keep(report, Environment.objects.all(), is_relay=False, now=timezone.now())
        if ended := self._reported & (environment_ids - serving.keys()):
            reports.drop(self.id, ended)
        self._reported = (self._reported - ended) | serving.keys()

    def _write_uses(self, open_keys: Iterable[str]) -> None:
        close_old_connections()
        last_used.write_noted(open_keys)

    def _say_goodbye(self) -> None:
        close_old_connections()
        last_used.write_noted(self.open_keys())
        reports.drop(self.id, self._reported)
        close_old_connections()
