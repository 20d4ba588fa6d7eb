"""What starts before the first request and stops after the last: ASGI's lifespan protocol as two lists of coroutines."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from flagforge.bodies import Receive, Scope, Send

Hook = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


class Lifespan:
    """Runs `starts` in order and `stops` in order. A start that fails keeps the server down; a stop that fails is logged."""

    def __init__(self, *, starts: Sequence[Hook], stops: Sequence[Hook]) -> None:
        self.starts, self.stops = starts, stops

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            for start in self.starts:
                await start()
        except Exception as error:
            log.exception("cannot start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for stop in self.stops:
            try:
                await stop()
            except Exception:
                log.exception("cannot stop")
        await send({"type": "lifespan.shutdown.complete"})
