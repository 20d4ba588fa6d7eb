"""The window of one process of a relay: its metrics on a port of its own, asked for on the event loop that serves."""

import asyncio
import logging
from collections.abc import Callable

from ..delivery.profiling import answering
from ..delivery.window import Asked, Window
from ..wire.replies import Reply

ANSWER_SECONDS = 10.0

log = logging.getLogger(__name__)


def open_window(host: str, port: int, token: str, metrics: Callable[[], Reply]) -> Window | None:
    """None where none is wanted (port 0) or can be opened: the relay serves on without. `token` opens a profile."""
    if not port:
        return None
    loop = asyncio.get_running_loop()

    async def on_loop() -> Reply:
        return metrics()

    def answer(asked: Asked) -> Reply:
        return asyncio.run_coroutine_threadsafe(on_loop(), loop).result(ANSWER_SECONDS)

    try:
        return Window(host, port, {"/metrics": answer, "/debug/profile": answering(token)})
    except OSError as error:
        log.warning("no metrics of this process alone: %s", error.strerror)
        return None
