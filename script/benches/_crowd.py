"""Thousands of clients in one process. Says what they heard and when, as JSON, a line for each line that it is given.

python -m script.benches._crowd KIND PORT COUNT KEY     KIND: sse, socket or poll; KEY: an API key, or "own" for one each

The first line comes when everybody has heard the state; every further one when everybody has heard of one more version.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Callable
from typing import cast

import uvloop

from script.places import HOST

CONNECTING_AT_ONCE = 100
SECONDS = 120.0
HANDSHAKE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
NONCE = "MDEyMzQ1Njc4OWFiY2RlZg=="


def key_of(number: int) -> str:
    return f"ff_client_{number:043}"


class Crowd:
    """All clients. `heard` holds when each of them heard of the newest version, on the monotonic clock."""

    def __init__(self, kind: str, port: int, count: int, keys: str) -> None:
        self.kind, self.port, self.count, self.keys = kind, port, count, keys
        self.heard: list[float] = []
        self.lost = 0
        self.everybody = asyncio.Event()

    def key(self, number: int) -> str:
        return key_of(number) if self.keys == "own" else self.keys

    def hear(self) -> None:
        self.heard.append(time.monotonic())
        if len(self.heard) + self.lost >= self.count:
            self.everybody.set()

    def lose(self) -> None:
        self.lost += 1
        if len(self.heard) + self.lost >= self.count:
            self.everybody.set()

    async def connect(self) -> None:
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
        make: Callable[[Crowd, int], Client] = KINDS[self.kind]
        async with asyncio.TaskGroup() as group:
            for number in range(self.count):
                await gate.acquire()
                group.create_task(self._connect(make(self, number), gate))

    async def _connect(self, client: "Client", gate: asyncio.Semaphore) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: client, HOST, self.port)
        except OSError:
            self.lose()
        finally:
            gate.release()

    async def round(self) -> str:
        """When everybody has heard, or nobody is waited for any longer."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.everybody.wait(), SECONDS)
        self.everybody.clear()
        heard, self.heard = sorted(self.heard), []
        return json.dumps({"heard": len(heard), "lost": self.lost, "at": [heard[0], *_spread(heard)] if heard else []})


def _spread(heard: list[float]) -> list[float]:
    return [heard[int((len(heard) - 1) * share)] for share in (0.5, 0.99, 1.0)]


class Client(asyncio.Protocol):
    """A stream of events. `news` is how every message begins that tells of a new version."""

    __slots__ = ("crowd", "has_begun", "number", "transport")
    first, news = b"event: put", b"event: delta"

    def __init__(self, crowd: Crowd, number: int) -> None:
        self.crowd, self.number, self.has_begun = crowd, number, False

    def ask(self) -> bytes:
        query = f"?targetingKey=user-{self.number}&country=IN" if self.crowd.keys == "own" else ""
        return self.request(f"/api/v1/sdk/stream{query}")

    def request(self, path: str, more: str = "") -> bytes:
        key = self.crowd.key(self.number)
        return f"GET {path} HTTP/1.1\r\nHost: relay\r\nX-API-Key: {key}\r\n{more}\r\n".encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are none by their class
        self.transport.write(self.ask())

    def data_received(self, data: bytes) -> None:
        if (self.news if self.has_begun else self.first) in data:
            self.has_begun = True
            self.crowd.hear()

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.lose()


class Socket(Client):
    """A WebSocket, which answers pings, as it must."""

    __slots__ = ()
    first, news = b'"type":"put"', b'"type":"delta"'

    def ask(self) -> bytes:
        return self.request("/ws/sdk", HANDSHAKE.format(key=NONCE))

    def data_received(self, data: bytes) -> None:
        if data[0] == 0x89:
            length = data[1]
            self.transport.write(bytes([0x8A, 0x80 | length, 0, 0, 0, 0]) + data[2 : 2 + length])
        super().data_received(data)


class Poll(Client):
    """One long poll after the other, on one connection."""

    __slots__ = ("version",)
    first, news = b'"type":"put"', b'"type":"delta"'

    def ask(self) -> bytes:
        since = f"since={self.version}&" if self.has_begun else ""
        return self.request(f"/api/v1/sdk/poll?{since}timeout=60")

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.first in data or self.news in data:
            self._again(data)

    def _again(self, data: bytes) -> None:
        for name in (b'"to":', b'"version":'):
            found = data.find(name)
            if found > 0:
                self.version = int(data[found + len(name) :].split(b",")[0].split(b"}")[0])
                break
        self.transport.write(self.ask())


KINDS: dict[str, Callable[[Crowd, int], Client]] = {"sse": Client, "socket": Socket, "poll": Poll}


async def main() -> None:
    kind, port, count, keys = sys.argv[1:]
    crowd = Crowd(kind, int(port), int(count), keys)
    await crowd.connect()
    while True:
        print(await crowd.round(), flush=True)
        if not await asyncio.to_thread(sys.stdin.readline):
            return


if __name__ == "__main__":
    uvloop.run(main())
