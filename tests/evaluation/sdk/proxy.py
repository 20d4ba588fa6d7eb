"""What may stand between an SDK and its server: a small TCP proxy that passes on, holds back, cuts, hangs or babbles."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Literal

Habit = Literal["passes", "buffers", "cuts", "hurries", "hangs", "babbles", "tampers"]
CUT_SECONDS = 0.2
HONEST, FORGED = b'"on":true', b'"on":1234'
BABBLE = (
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\n\r\nevent: put\ndata: {]\n\n\xff\xfe"
)


class Proxy:
    """`buffers`: an answer is passed on when it has ended. `cuts`: streams end early. `hurries`: so does whatever takes its time.

    `hangs`: requests are taken and never answered. `babbles`: every answer is nonsense. Habits may change at any time.
    `tampers`: a flag's value is another on its way. `requests` are all heads that came.
    """

    def __init__(self, port: int, habit: Habit) -> None:
        self.habit, self._port = habit, port
        self.requests: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """End whatever is open."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), _ended(client):
            head = b""
            while b"\r\n\r\n" not in head:
                if not (received := client.recv(65_536)):
                    return
                head += received
            self.requests.append(head.decode())
            if self.habit == "babbles":
                client.sendall(BABBLE)
            elif self.habit == "hangs":
                client.recv(1)
            else:
                self._pass_on(client, head)

    def _pass_on(self, client: socket.socket, head: bytes) -> None:
        """One request a connection, so that an answer ends with it."""
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            self._open.append(server)
            server.sendall(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1).replace(b"keep-alive", b"close"))
            threading.Thread(target=_copy, args=(client, server), daemon=True).start()
            begun, held, habit = time.monotonic(), b"", self.habit
            while received := _received(server, begun, habit, held):
                if habit == "tampers":
                    received = received.replace(HONEST, FORGED)
                held += received
                if habit != "buffers":
                    client.sendall(received)
            if habit == "buffers":
                client.sendall(held)


@contextlib.contextmanager
def _ended(client: socket.socket) -> Iterator[None]:
    """Closing alone says nothing to the client while a thread still reads from it."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _received(server: socket.socket, begun: float, habit: Habit, held: bytes) -> bytes:
    """The next bytes; none where the answer has ended, or is made to."""
    if habit == "hurries" or (habit == "cuts" and b"text/event-stream" in held):
        server.settimeout(max(0.001, begun + CUT_SECONDS - time.monotonic()))
    try:
        return server.recv(65_536)
    except TimeoutError:
        return b""


def _copy(client: socket.socket, server: socket.socket) -> None:
    """The rest of a request, as it comes."""
    with contextlib.suppress(OSError):
        while received := client.recv(65_536):
            server.sendall(received)
