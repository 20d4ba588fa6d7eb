"""uvicorn, with what nobody may forget: no log shows a URL's query (browsers put keys of streams there), and streams say
goodbye before the server waits for its connections. The control plane is served by it too."""

import asyncio
import socket
import time
from typing import Any

import uvicorn

GOODBYE_SECONDS = 0.5
# Requests that still run after this are given up. Supervisors commonly kill after 8 to 10 seconds.
GRACE_SECONDS = 5
# Longer than the 60 s of common proxies, so that it is never we who close a connection which they are about to use.
KEEP_ALIVE_SECONDS = 75
# What clients say on the WebSocket is ignored.
SOCKET_MESSAGE_BYTES = 65_536


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


def configuration(application: Any) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=SOCKET_MESSAGE_BYTES,
        lifespan="on",
        reset_contextvars=True,  # one request's names in the log never reach the next on its connection
        log_config=None,  # who serves has said how to log
        log_level="warning",  # at INFO uvicorn prints the whole URL of every WebSocket
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def listen(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    """Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048, reuse_port=reuse_port)
