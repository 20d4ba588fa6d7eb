"""What a relay tells upstream of contexts that it evaluated itself; no value leaves it but as a hash."""

import asyncio
import contextlib

from .batches import Waiting
from .holdings import Holdings

TOLD_SECONDS = 30.0


class Observer:
    """One task. Made on the event loop that serves."""

    def __init__(self, holdings: Holdings) -> None:
        self.holdings = holdings

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """What was sampled until now waits with the other batches."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self.tell()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(TOLD_SECONDS)
            self.tell()

    def tell(self) -> None:
        for watched, body in self.holdings.observing.batches():
            self.holdings.batches.put(Waiting(watched.environment_id, watched.kind, body))
