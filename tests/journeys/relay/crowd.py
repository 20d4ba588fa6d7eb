"""Many clients with an open stream each, in one thread."""

import selectors
import socket
import time
from collections.abc import Callable, Sequence


class Client:
    def __init__(self, port: int, key: str) -> None:
        self.key, self.said = key, b""
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.sendall(f"GET /api/v1/sdk/stream HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n\r\n".encode())
        self.socket.setblocking(False)


class Crowd:
    """One client for each of the keys, which may be named several times."""

    def __init__(self, port: int, keys: Sequence[str]) -> None:
        self._selector = selectors.DefaultSelector()
        self.clients = [Client(port, key) for key in keys]
        for client in self.clients:
            self._selector.register(client.socket, selectors.EVENT_READ, client)

    def heard(self, words: bytes) -> list[Client]:
        return [client for client in self.clients if words in client.said]

    def listen(self, is_so: Callable[[], bool], seconds: float) -> float:
        """How long it took until it was so."""
        begun = time.monotonic()
        while not is_so():
            assert time.monotonic() - begun < seconds, f"not within {seconds} s"
            for key, _ in self._selector.select(0.05):
                self._read(key.data)
        return time.monotonic() - begun

    def leave(self) -> None:
        for client in self.clients:
            client.socket.close()
        self._selector.close()

    def _read(self, client: Client) -> None:
        try:
            received = client.socket.recv(65_536)
        except ConnectionResetError:
            received = b""
        client.said += received
        if not received:
            self._selector.unregister(client.socket)
