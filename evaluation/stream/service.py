"""The hub and the look-out of this process: started with the server, or by the first who needs them."""

import asyncio
from dataclasses import dataclass

from evaluation.stream.hub import Hub
from evaluation.stream.lookout import Lookout


@dataclass(slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    hub: Hub
    lookout: Lookout


_running: _Running | None = None


def hub() -> Hub:
    """The hub of the running event loop; starts it and the look-out when they are not there yet."""
    global _running
    loop = asyncio.get_running_loop()
    if _running is None or _running.loop is not loop:
        started = Hub()
        _running = _Running(loop, started, Lookout(started))
    return _running.hub


async def start() -> None:
    hub()


async def stop() -> None:
    global _running
    if _running is None:
        return
    running, _running = _running, None
    running.hub.stop()
    await running.lookout.stop()
