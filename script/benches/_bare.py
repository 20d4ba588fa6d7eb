"""The bare server of a comparison: the relay's uvicorn configuration with uvicorn's own protocol, and an application that
answers every request with the same bytes.

python -m script.benches._bare PORT STATUS SIZE
"""

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from evaluation.relay.server import Server, configuration, listen
from script.places import HOST

Message = MutableMapping[str, Any]


class Bare:
    """`size` is the body's, in bytes; headers are about as many and as long as the relay's."""

    def __init__(self, status: int, size: int) -> None:
        self.body = b"x" * size
        length = [] if status == 304 else [(b"content-length", b"%d" % size)]
        named = (
            "content-type",
            "access-control-allow-origin",
            "etag",
            "cache-control",
            "vary",
            "flagforge-stream-token",
        )
        self.start = {
            "type": "http.response.start",
            "status": status,
            "headers": [*((name.encode(), b"y" * 40) for name in named), *length],
        }

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        while (await receive()).get("more_body"):
            pass
        probing = scope["path"] == "/readyz"
        await send({**self.start, "status": 200, "headers": []} if probing else self.start)
        await send({"type": "http.response.body", "body": b"" if probing else self.body})


if __name__ == "__main__":
    port, status, size = map(int, sys.argv[1:])
    config = configuration(Bare(status, size))
    config.http = "httptools"
    Server(config).run(sockets=[listen(HOST, port)])
