"""The hub and the look-out of this process: started with the server, or by the first who needs them."""

import asyncio
import time
from dataclasses import dataclass

from channels.db import database_sync_to_async
from django.conf import settings

from evaluation.delivery.held import Held
from evaluation.delivery.hub import Hub
from evaluation.delivery.reach import Reach
from evaluation.delivery.streams import Source
from evaluation.manifest import memory
from evaluation.manifest.admission import held_for
from evaluation.manifest.proof import proof_of
from evaluation.stream.lookout import Lookout
from evaluation.stream.reporting import Reporting


@dataclass(slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    hub: Hub
    lookout: Lookout


_running: _Running | None = None
_reporting: Reporting | None = None
# How far versions have come, by all streams and telemetry of this process.
reach = Reach()


def hub() -> Hub:
    """The hub of the running event loop; starts it and the look-out when they are not there yet."""
    global _running
    loop = asyncio.get_running_loop()
    if _running is None or _running.loop is not loop:
        started = Hub(proof_of, reach)
        memory.observe(started.hear)
        _running = _Running(loop, started, Lookout(started))
    return _running.hub


def seconds_since_look() -> float | None:
    """How old what this process knows may be; None where nothing looks out. From any thread."""
    running = _running
    return None if running is None else time.monotonic() - running.lookout.looked_at


def source() -> Source:
    return Source(hub(), _rules, settings.STREAM_HEARTBEAT_SECONDS)


async def _rules(environment_id: str) -> Held:
    return memory.held(environment_id) or await database_sync_to_async(held_for)(environment_id)


async def start() -> None:
    global _reporting
    _reporting = Reporting(reach, hub().open_keys)


async def stop() -> None:
    global _running, _reporting
    if _running is None:
        return
    running, _running = _running, None
    reporting, _reporting = _reporting, None
    memory.stop_observing(running.hub.hear)
    running.hub.stop()
    if running.loop is asyncio.get_running_loop():  # tasks of a loop that is gone went with it
        await running.lookout.stop()
        if reporting is not None:
            await reporting.stop()
