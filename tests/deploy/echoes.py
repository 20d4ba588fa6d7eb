"""Servers of a few lines, which say who they are and what they were asked; their health is a test's to choose."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from script.places import HOST


class Echo:
    """Answers everything with its name; with `status` in its place where that is set, or for one in `of` requests."""

    def __init__(self, name: str) -> None:
        self.name, self.status, self.of, self.asked = name, 0, 1, 0
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                echo.asked += 1
                status = echo.status if echo.status and echo.asked % echo.of == 0 else 200
                words = {"name": echo.name, "path": self.path, "headers": dict(self.headers), "body": body.decode()}
                said = json.dumps(words).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.send_header("Strict-Transport-Security", "max-age=1")
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST = do_PATCH = answer  # noqa: N815  (as http.server calls them)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer((HOST, 0), Handler)
        self.port: int = self.server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
