"""A relay's server in a thread, reached over real sockets."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from evaluation.relay.application import Relay
from evaluation.relay.connections import Connection
from evaluation.relay.public import Public
from evaluation.relay.quick import QuickConnection
from evaluation.relay.server import Server, configuration, listen
from evaluation.sdk.events import Event
from evaluation.sdk.upstream import Upstream
from tests.evaluation.relay.said import ONE, PLACE, SECRET, a_key, put
from tests.evaluation.wire.test_trust import KEYS

HOST = "127.0.0.1"
CLIENT = "ff_client_" + "c" * 43


class Served:
    """A relay that heard of one environment, a server key, a client key and version 1."""

    def __init__(self, http: type[Connection] = QuickConnection, public: Public | None = None) -> None:
        self.opened: list[socket.socket] = []
        self.relay = Relay(Upstream("http://127.0.0.1:9", "ff_relay_x"), public=public)
        self.server = Server(configuration(self.relay, http))
        listener = listen(HOST, 0)
        self.port: int = listener.getsockname()[1]
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]})
        self._thread.start()
        while not self.server.started:
            assert self._thread.is_alive()
        self.loop: asyncio.AbstractEventLoop = self.server.servers[0].get_loop()
        self.relay.follower.mirror.keys = KEYS
        self.tell("environments", [PLACE])
        self.tell("keys", [a_key(), a_key(CLIENT, kind="client")])
        self.tell("put", put(ONE))

    def tell(self, name: str, document: Any) -> None:
        """What upstream says."""
        said = self.relay.follower.hear(Event(name, json.dumps(document).encode()))
        asyncio.run_coroutine_threadsafe(said, self.loop).result(5)

    def connect(self) -> socket.socket:
        """Closed with the server at the latest."""
        self.opened.append(socket.create_connection((HOST, self.port), timeout=10))
        return self.opened[-1]

    def close_all(self) -> None:
        for each in self.opened:
            each.close()

    def stop(self) -> None:
        self.close_all()
        self.server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()


Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(http: type[Connection] = QuickConnection, public: Public | None = None) -> Served:
            served = Served(http, public)
            stack.callback(served.stop)
            return served

        yield start


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve()


def asking(path: str, *, method: str = "GET", body: bytes = b"", key: str = SECRET, **headers: str) -> bytes:
    """A request as it goes over the wire; `content_length=""` leaves the length out."""
    named = {"host": "relay", "x_api_key": key, **({"content_length": str(len(body))} if body else {}), **headers}
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items() if value]
    return f"{method} {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body


def rest_of(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    said = b""
    while chunk := connection.recv(65_536):
        said += chunk
    return said
