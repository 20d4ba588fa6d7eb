"""Passing telemetry on, one batch after the other, for as long as it takes."""

import asyncio
import contextlib
import logging

from ..sdk.hearing.backoff import Backoff
from ..sdk.upstream import NeverTaken, Unreachable, Upstream
from ..wire.telemetry import EVENTS
from .batches import Batches, Waiting
from .spool import Spool

# At the end, so long is what is left still sent.
FLUSH_SECONDS = 3.0

log = logging.getLogger(__name__)


class Forwarder:
    """Made on the event loop that serves. A batch sent twice, since an answer got lost, is upstream the same one."""

    def __init__(self, batches: Batches, upstream: Upstream, spool: Spool | None = None) -> None:
        self.batches, self.upstream, self.spool = batches, upstream, spool
        self.trouble = ""

    def start(self) -> None:
        for batch in self.spool.take() if self.spool else ():
            self.batches.put(batch)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Take nothing more, send what is left while there is time, and leave the rest on disk for the next start."""
        self.batches.closed = True
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        with contextlib.suppress(Unreachable, TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                while len(self.batches):
                    await self._send_first()
        if rest := self.batches.rest():
            self._leave(rest)

    async def _run(self) -> None:
        """For ever; whatever goes wrong, what waits is tried again."""
        backoff = Backoff()
        while True:
            try:
                await self._send_first()
            except Exception as error:
                self._complain(f"{type(error).__name__}: {error}")
                await asyncio.sleep(backoff.next_seconds())
            else:
                self.trouble = ""
                backoff.succeeded()

    async def _send_first(self) -> None:
        batch = await self.batches.first()
        try:
            await self.upstream.send(EVENTS, batch.body, {"environment": batch.environment_id, "kind": batch.kind})
        except NeverTaken as error:
            log.warning("upstream will not take a batch of environment %s: %s", batch.environment_id, error)
            self.batches.remove_first(was_taken=False)
        else:
            self.batches.remove_first(was_taken=True)

    def _complain(self, trouble: str) -> None:
        if not self.trouble:
            log.warning("telemetry waits here: %s", trouble)
        self.trouble = trouble

    def _leave(self, rest: list[Waiting]) -> None:
        if self.spool and self.spool.keep(rest):
            return
        self.batches.dropped += len(rest)
        log.warning("%d batches of telemetry are lost: upstream was away until the end", len(rest))
