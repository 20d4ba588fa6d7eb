"""A real HTTP endpoint of a test's own, on loopback, that behaves as well or as badly as it is told to."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Behaviour = Callable[[Any], None]


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Endpoint:
    """`behave` is what it does with a request, once that was read whole."""

    address: str
    behave: Behaviour
    received: list[Received] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/hooks") -> str:
        return self.address + path

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.received]


def says(status: int, text: str = "thanks", **headers: str) -> Behaviour:
    def behave(handler: Any) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return behave


def hangs(handler: Any) -> None:
    handler.server.endpoint.over.wait(30)


def closes(handler: Any) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def drips_headers(handler: Any) -> None:
    """A whole line every while, so that no single read takes long."""
    _drip(handler, b"HTTP/1.1 200 OK\r\n", b"X-Drip: drop\r\n")


def drips_body(handler: Any) -> None:
    _drip(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"drop")


def _drip(handler: Any, first: bytes, drop: bytes) -> None:
    handler.wfile.write(first)
    while not handler.server.endpoint.over.wait(0.05):
        handler.wfile.write(drop)


def is_no_http(handler: Any) -> None:
    handler.wfile.write(b"220 mail.example.com ESMTP\r\n")


class Flood:
    """Answers ten gigabytes, as far as anybody takes them; `sent` counts."""

    def __init__(self) -> None:
        self.sent = 0

    def __call__(self, handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**10))
        handler.end_headers()
        chunk = b"x" * 65_536
        while self.sent < 10**10:
            handler.wfile.write(chunk)
            self.sent += len(chunk)


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        endpoint: Endpoint = self.server.endpoint
        endpoint.received.append(Received(self.path, {name.lower(): text for name, text in self.headers.items()}, body))
        self.close_connection = True
        with suppress(OSError):
            endpoint.behave(self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's word)
        """Nothing."""


class Quiet(ThreadingHTTPServer):
    daemon_threads = True
    endpoint: Endpoint

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves in the middle is what these tests are about."""


@contextmanager
def an_endpoint(behave: Behaviour, certificate: Path | None = None) -> Iterator[Endpoint]:
    with Quiet(("127.0.0.1", 0), Door) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https" if certificate is not None else "http"
        server.endpoint = Endpoint(f"{scheme}://127.0.0.1:{server.server_port}", behave)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.endpoint
        finally:
            server.endpoint.over.set()
            server.shutdown()
            thread.join()


def seconds(since: float) -> float:
    return time.monotonic() - since
