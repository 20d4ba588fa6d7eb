"""A small HTTP server in a thread of its own, on a port of this process alone: what Prometheus and operators ask it for.

Processes that share a port answer there in turn, and a worker has none; so each opens a window, at the first free port from
the one that was named.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..wire.replies import Reply

# So many processes of one machine find a port.
MOST_PROCESSES = 64
PATIENCE_SECONDS = 10.0

log = logging.getLogger(__name__)


class Asked:
    """A GET: its query and its headers, names in lower case."""

    def __init__(self, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
        self.query, self.headers = query, headers


Answers = Mapping[str, Callable[[Asked], Reply]]


class Window:
    """Opens at once; raises OSError where no port is free. `port` is the one that it got."""

    def __init__(self, host: str, port: int, answers: Answers) -> None:
        self._server = _opened(host, port, _handler_of(answers))
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name="window", daemon=True).start()
        log.info("metrics at %s port %s", host, self.port)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False  # it would share the port with a process that has it


def _opened(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    for each in range(port, port + MOST_PROCESSES):
        try:
            return _Server((host, each), handler)
        except OSError as error:
            trouble = error
    raise OSError(trouble.errno, f"no port from {port} to {each} is free: {trouble.strerror}")


def _handler_of(answers: Answers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_SECONDS

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            answer = answers.get(parts.path)
            reply = (
                answer(self._asked(parts.query)) if answer else Reply(404, b"There is no such page.\n", "text/plain")
            )
            self.send_response(reply.status)
            for name, value in (("Content-Type", reply.content_type), *reply.headers):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def _asked(self, query: str) -> Asked:
            return Asked(
                dict(parse_qsl(query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
            )

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  (as the library names it)
            """Each look would be a line."""

    return Handler
