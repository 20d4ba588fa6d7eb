"""The bare server of streams: it keeps every connection, and writes the same bytes to all of them when it is told to.

python -m script.benches._shout PORT SIZE

`POST` is the sign; every other request opens a stream. What it takes is what any server has to take that writes to so many.
"""

import asyncio
import sys
from typing import cast

import uvloop

from script.places import HOST

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(event: str, size: int) -> bytes:
    content = f"event: {event}\ndata: ".encode().ljust(size - 2, b"x") + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(content), content)


class Listener(asyncio.Protocol):
    """One connection. `size` is that of every event, in bytes."""

    everybody: list[asyncio.Transport] = []

    def __init__(self, size: int) -> None:
        self.size = size

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are none by their class

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET /readyz"):
            self.transport.write(ANSWER)
        elif data.startswith(b"POST"):
            self._shout()
        else:
            self.everybody.append(self.transport)
            self.transport.write(HEAD + chunk("put", self.size))

    def _shout(self) -> None:
        said = chunk("delta", self.size)
        for transport in self.everybody:
            transport.write(said)
        self.transport.write(ANSWER)


async def main() -> None:
    port, size = map(int, sys.argv[1:])
    server = await asyncio.get_running_loop().create_server(lambda: Listener(size), HOST, port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
