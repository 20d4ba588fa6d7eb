"""A TCP proxy that breaks on demand, the way networks and the boxes in them do."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from script.places import HOST

CHUNK = 65_536
Change = Callable[[bytes], bytes]


class Link:
    """One connection through the proxy: who asked, and whom it is passed on to."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.writers = writers
        self.is_lost = False

    def close(self) -> None:
        for writer in self.writers:
            writer.close()


class Proxy:
    """Stands before a port of this machine, on a free port of its own. `pass_on` heals whatever was done before."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.accepted = 0
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = self._run(self._listen())

    def pass_on(self) -> None:
        """Everything, at once, as it comes; what was held meanwhile is delivered."""
        self._run(self._set(is_held=False))

    def hold(self) -> None:
        """Accept, and say nothing: what comes waits here, in both directions, for ever."""
        self._run(self._set(is_held=True))

    def refuse(self) -> None:
        """Cut what is there, and whatever is opened from now on."""
        self._run(self._set(is_refused=True))
        self.cut()

    def buffer(self) -> None:
        """Hand out an answer when it has ended, as some proxies of companies do; a stream never ends."""
        self._run(self._set(is_buffering=True))

    def delay(self, seconds: float) -> None:
        """Before each portion, in both directions."""
        self._run(self._set(delay=seconds))

    def change(self, change: Change) -> None:
        """What comes back from the target is changed on its way."""
        self._run(self._set(change=change))

    def cut(self) -> None:
        """End all connections of this moment, properly: both sides hear of it."""
        self._run(self._each(Link.close))

    def lose(self) -> None:
        """Half-open from now on: nothing that goes through a connection of this moment arrives, and nobody is told."""
        self._run(self._each(lambda link: setattr(link, "is_lost", True)))

    @property
    def open(self) -> int:
        """Connections of this moment that could carry something."""
        return sum(not link.is_lost for link in self._links)

    def close(self) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> int:
        self._may_pass = asyncio.Event()
        await self._set()
        self._server = await asyncio.start_server(self._serve, HOST, 0, backlog=1000)
        return int(self._server.sockets[0].getsockname()[1])

    async def _set(
        self,
        *,
        is_held: bool = False,
        is_refused: bool = False,
        is_buffering: bool = False,
        delay: float = 0.0,
        change: Change | None = None,
    ) -> None:
        self._is_refused, self._is_buffering, self._delay, self._change = is_refused, is_buffering, delay, change
        (self._may_pass.clear if is_held else self._may_pass.set)()

    async def _each(self, act: Callable[[Link], None]) -> None:
        for link in list(self._links):
            act(link)

    async def _stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError), contextlib.closing(writer):
            if not self._is_refused:
                await self._connect(reader, writer)
        self._tasks.discard(task)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._may_pass.wait()
        far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
        link = Link(writer, far_writer)
        self._links.add(link)
        try:
            await asyncio.gather(
                self._pump(link, reader, far_writer, comes_back=False),
                self._pump(link, far_reader, writer, comes_back=True),
            )
        finally:
            self._links.discard(link)
            link.close()

    async def _pump(
        self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, comes_back: bool
    ) -> None:
        kept = b""
        while chunk := await reader.read(CHUNK):
            await self._may_pass.wait()
            if link.is_lost:
                continue
            if self._delay:
                await asyncio.sleep(self._delay)
            if comes_back and self._is_buffering:
                kept += chunk
                continue
            writer.write(self._change(chunk) if comes_back and self._change else chunk)
            await writer.drain()
        if not link.is_lost:
            writer.write(kept)
            writer.close()
