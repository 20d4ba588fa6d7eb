"""Writing to the store behind what happens: nobody who hears or serves waits for a disk."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable

# Between two rounds of writing. What changes more often meanwhile is written once, as it is then.
PAUSE_SECONDS = 0.5
# A disk that does not answer keeps nobody from ending.
STOP_SECONDS = 2.0

Write = Callable[[], None]

log = logging.getLogger(__name__)


class Keeper:
    """Made on the event loop that serves. The last write under a name is the one that is made."""

    def __init__(self) -> None:
        self._due: dict[str, Write] = {}
        self._woken, self._stopped = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def keep(self, name: str, write: Write) -> None:
        self._due[name] = write
        self._woken.set()

    async def stop(self) -> None:
        """When what was due is written, or cannot be."""
        self._stopped.set()
        self._woken.set()
        await asyncio.wait([self._task], timeout=STOP_SECONDS)

    async def _run(self) -> None:
        while self._due or not self._stopped.is_set():
            await self._woken.wait()
            self._woken.clear()
            due, self._due = self._due, {}
            if due:
                await asyncio.to_thread(_write, due.values())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), PAUSE_SECONDS)


def _write(writes: Iterable[Write]) -> None:
    for write in writes:
        try:
            write()
        except Exception:  # one thing that cannot be written is no reason to write none any more
            log.exception("writing to the store broke")
