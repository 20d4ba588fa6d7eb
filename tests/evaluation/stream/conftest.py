"""Streams opened without a server."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter

from evaluation.stream import service
from evaluation.stream.routing import http_routes, websocket_routes

Open = Callable[..., "Stream"]


class Stream:
    """An open HTTP stream of the SDK API, as an ASGI server sees it."""

    def __init__(self, communicator: Any) -> None:
        self.communicator = communicator

    async def start(self) -> dict[str, Any]:
        await self.communicator.send_input({"type": "http.request", "body": b""})
        start: dict[str, Any] = await self.communicator.receive_output(5)
        return start

    async def chunk(self) -> bytes:
        body: bytes = (await self.communicator.receive_output(5))["body"]
        return body

    async def event(self) -> dict[str, Any]:
        """The next event with its data decoded; heartbeats, retry lines and settings of the installation are passed over."""
        while not (chunk := await self.chunk()).startswith(b"event: ") or chunk.startswith(b"event: settings\n"):
            pass
        fields = dict(line.split(": ", 1) for line in chunk.decode().splitlines() if ": " in line)
        return {**fields, "data": json.loads(fields["data"])}

    async def leave(self) -> None:
        await self.communicator.send_input({"type": "http.disconnect"})
        await self.communicator.wait(5)


def headers_of(start: dict[str, Any]) -> dict[str, str]:
    return {name.decode().lower(): value.decode() for name, value in start["headers"]}


@pytest.fixture
async def open_stream() -> AsyncIterator[Open]:
    """`open_stream("stream", "targetingKey=u1", key=…)`; a path that begins with a slash is the whole one."""
    opened: list[Stream] = []

    def connect(path: str, query: str = "", *, method: str = "GET", **headers: str) -> Stream:
        named = {"key": "x-api-key", "last_event_id": "last-event-id"}
        scope = {
            "type": "http",
            "method": method,
            "path": path if path.startswith("/") else f"/api/v1/sdk/{path}",
            "query_string": query.encode("latin-1"),
            "headers": [(named[name].encode(), value.encode()) for name, value in headers.items()],
        }
        communicator: Any = ApplicationCommunicator
        opened.append(Stream(communicator(URLRouter(http_routes), scope)))
        return opened[-1]

    yield connect
    for stream in opened:
        stream.communicator.stop(exceptions=False)
    await service.stop()


@pytest.fixture
async def open_socket() -> AsyncIterator[Callable[..., Any]]:
    opened: list[Any] = []

    def connect(query: str = "", *, key: str = "", **headers: str) -> Any:
        scope = {
            "type": "websocket",
            "path": "/ws/sdk",
            "query_string": query.encode(),
            "headers": [
                *([(b"x-api-key", key.encode())] if key else []),
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ],
            "subprotocols": [],
        }
        communicator: Any = ApplicationCommunicator
        opened.append(communicator(URLRouter(websocket_routes), scope))
        return opened[-1]

    yield connect
    for socket in opened:
        socket.stop(exceptions=False)
    await service.stop()
