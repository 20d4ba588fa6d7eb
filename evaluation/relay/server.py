"""uvicorn, with what nobody may forget: no log shows a URL's query (browsers put keys of streams there), and streams say
goodbye before the server waits for its connections. The control plane is served by it too."""

import asyncio
import socket
import sys
import time
from typing import Any

import uvicorn

from .connections import KEEP_ALIVE_SECONDS, Connection

GOODBYE_SECONDS = 0.5
# As many as the kernel allows may wait to be let in (net.core.somaxconn): thousands come at once when a server was away.
BACKLOG = 65_535
# That is 4,096 on most machines, for each socket. Linux shares connections out between those of one port, others do not.
SOCKETS = 4 if sys.platform == "linux" else 1
# Requests that still run after this are given up. Supervisors commonly kill after 8 to 10 seconds.
GRACE_SECONDS = 5
TICKS_BETWEEN_LOOKS = 10  # of uvicorn's, each 0.1 s
# A client that confirms nothing of what it is sent has left without a word; by itself TCP goes on for a quarter of an hour.
UNHEARD_SECONDS = 30
# What clients say on the WebSocket is ignored.
SOCKET_MESSAGE_BYTES = 65_536


class Server(uvicorn.Server):
    """`door` is a Unix socket that is listened on beside the others: the relay's own, for its other processes."""

    def __init__(self, config: uvicorn.Config, door: socket.socket | None = None) -> None:
        super().__init__(config)
        self.door = door

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.door is not None and not self.should_exit:
            loop = asyncio.get_running_loop()
            self.servers.append(await loop.create_unix_server(self._connection, sock=self.door))

    def _connection(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_BETWEEN_LOOKS == 0:
            self._end_overdue()
        return await super().on_tick(counter)

    def _end_overdue(self) -> None:
        """One look at all connections costs less than a timer for each."""
        now = asyncio.get_running_loop().time()
        for each in list(self.server_state.connections):
            if isinstance(each, Connection) and each.deadline < now and not each.is_answering:
                each.expire()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn waits for open connections first and tells the application afterwards; streams would never end."""
        for server in self.servers:
            server.close()
        await self.lifespan.shutdown()
        deadline = time.monotonic() + GOODBYE_SECONDS
        while self.server_state.tasks and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)


def configuration(application: Any, http: type[Connection] = Connection) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="uvloop",
        http=http,
        ws="websockets-sansio",
        ws_max_size=SOCKET_MESSAGE_BYTES,
        lifespan="on",
        reset_contextvars=True,  # one request's names in the log never reach the next on its connection
        log_config=None,  # who serves has said how to log
        log_level="warning",  # at INFO uvicorn prints the whole URL of every WebSocket
        access_log=False,
        server_header=False,
        backlog=BACKLOG,  # uvicorn listens again, with its own
        timeout_keep_alive=int(KEEP_ALIVE_SECONDS),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def listen_together(host: str, port: int, count: int = SOCKETS, *, reuse_port: bool = False) -> list[socket.socket]:
    """So many sockets of one port, which nobody else has unless `reuse_port` says that others may; raises OSError."""
    if not reuse_port:
        listen(host, port).close()  # sharing the port would let two servers have it that know nothing of each other
    first = listen(host, port, reuse_port=True)
    taken = first.getsockname()[1]
    return [first, *(listen(host, taken, reuse_port=True) for _ in range(count - 1))]


def listen(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    """Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=reuse_port)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; every connection that is accepted inherits it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_SECONDS * 1000)
    return listener
