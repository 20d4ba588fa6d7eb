"""`python -m flagforge.serve`: the control plane on one port, in one process.

uvicorn, with what nobody may forget on a command line: no log shows a URL's query (browsers put keys of streams there),
and streams say goodbye before the server waits for its connections.
"""

import argparse
import asyncio
import contextlib
import gc
import logging
import socket
import sys
import time
from collections.abc import Sequence

import uvicorn

from flagforge.bodies import Application
from flagforge.settings import env

# Threads that compute hand over to the event loop this often; Python's own 5 ms is several answers long.
SWITCH_SECONDS = 0.001
GOODBYE_SECONDS = 0.5
# Requests that still run after this are given up. Supervisors commonly kill after 8 to 10 seconds.
GRACE_SECONDS = 5
# Longer than the 60 s of common proxies, so that it is never we who close a connection which they are about to use.
KEEP_ALIVE_SECONDS = 75
# What clients say on the WebSocket is ignored.
SOCKET_MESSAGE_BYTES = 65_536

log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn waits for open connections first and tells the application afterwards; streams would never end."""
        for server in self.servers:
            server.close()
        await self.lifespan.shutdown()
        deadline = time.monotonic() + GOODBYE_SECONDS
        while self.server_state.tasks and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)


def configuration(application: str | Application = "flagforge.asgi:application") -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=SOCKET_MESSAGE_BYTES,
        lifespan="on",
        reset_contextvars=True,  # one request's names in the log never reach the next on its connection
        log_config=None,  # Django's LOGGING holds for everything
        log_level="warning",  # at INFO uvicorn prints the whole URL of every WebSocket
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def serve(host: str, port: int, *, reuse_port: bool = False) -> None:
    """Until SIGTERM or SIGINT."""
    listener = listen(host, port, reuse_port=reuse_port)
    config = configuration()
    config.load()
    log.info("listening on %s port %s", host, port)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()  # what was imported is never garbage, so no collection has to walk through it
    with contextlib.suppress(KeyboardInterrupt):
        Server(config).run(sockets=[listener])


def listen(host: str, port: int, *, reuse_port: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048, reuse_port=reuse_port)
    except OSError as error:
        sys.exit(
            f"Cannot listen on {host} port {port}: {error.strerror}. FLAGFORGE_BIND and FLAGFORGE_PORT choose others."
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m flagforge.serve", description="Serve the control plane.")
    parser.add_argument("--host", default=env.text("FLAGFORGE_BIND", "127.0.0.1"), help="FLAGFORGE_BIND (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=env.port("FLAGFORGE_PORT", 8000), help="FLAGFORGE_PORT (%(default)s)"
    )
    parser.add_argument("--reuse-port", action="store_true", help="share the port with other processes of this server")
    given = parser.parse_args(arguments)
    serve(given.host, given.port, reuse_port=given.reuse_port)


if __name__ == "__main__":
    main()
