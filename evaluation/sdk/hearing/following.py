"""Hearing of changes: by stream, long poll or polling, whichever gets through."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from time import monotonic

from ..events import Event
from ..rules import Doubt
from ..upstream import KeyRefused, Unreachable
from .backoff import Backoff
from .circuit import Circuit
from .connection import Busy, Connection, Rejected, Reply, Silent
from .followed import Followed, document_of
from .ladder import GOOD_SECONDS, Ladder
from .retries import Broken, retried
from .status import Status

# Whoever has a key that is refused need not ask often whether it is good again.
REFUSED_SECONDS = 30.0
# How often it is looked whether the best way is due to be tried again.
LOOK_SECONDS = 0.5
POLLING_SECONDS = 30.0

log = logging.getLogger(__name__)


class Following:
    """The background work of a client that follows something. Made on the loop that runs it."""

    def __init__(
        self,
        connection: Connection,
        followed: Followed,
        circuit: Circuit,
        status: Status,
        ladder: Ladder,
        polling_seconds: float = POLLING_SECONDS,
    ) -> None:
        self.connection, self.followed, self.circuit, self.status = connection, followed, circuit, status
        self.ladder, self.polling_seconds = ladder, polling_seconds
        self._backoff = Backoff()

    async def run(self) -> None:
        """For ever."""
        self.followed.begin()
        while True:
            self.status.way = self.ladder.way
            following, probing = asyncio.create_task(self._follow()), asyncio.create_task(self._probe())
            try:
                await asyncio.wait((following, probing), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (following, probing):
                    task.cancel()
                pause, _ = await asyncio.gather(following, probing, return_exceptions=True)
            await asyncio.sleep(pause if isinstance(pause, float) else 0.0)

    async def _follow(self) -> float:
        """Go one way until it ends; how long to wait then."""
        try:
            await self.followed.prepare(self.connection, self.circuit)
            await self._go()
            self.status.trouble = "the server ended the stream"
        except KeyRefused as error:
            return self._pause(error, REFUSED_SECONDS)
        except Busy as error:
            return self._pause(error, error.seconds)
        except Broken as error:
            return self._pause(error, self.circuit.wait_seconds(monotonic()))
        except Doubt as error:
            return self._pause(error, error.seconds)
        except Unreachable as error:
            return self._pause(error, self._backoff.next_seconds())
        except Exception as error:  # whatever it is, the application goes on and so does this
            log.exception("following the server broke")
            return self._pause(error, self._backoff.next_seconds())
        return self._backoff.next_seconds()

    def _pause(self, error: Exception, seconds: float) -> float:
        said = str(error) or type(error).__name__
        if said != self.status.trouble:  # an outage is one line in the log
            log.warning("%s", said)
        self.status.trouble = said
        return seconds

    async def _go(self) -> None:
        if self.ladder.way == "streaming":
            await self._stream()
        else:
            try:
                await (self._long_poll() if self.ladder.way == "long_poll" else self._polling())
            except Unreachable:
                self.ladder.was_cut()
                raise

    async def _stream(self) -> None:
        if not self.circuit.allows(monotonic()):
            raise Broken("too many attempts failed: none is made for some seconds")
        opened_at: float | None = None
        try:
            async with aclosing(self._events()) as events:
                async for event in events:
                    if opened_at is None:
                        opened_at = monotonic()
                        self.circuit.succeeded()
                    self._hear_event(event)
        except KeyRefused:
            self.circuit.succeeded()
            raise
        except Unreachable as error:
            self._ended(opened_at, error)
            raise
        self._ended(opened_at, Unreachable("the stream ended before it began"))

    def _ended(self, opened_at: float | None, error: Unreachable) -> None:
        if opened_at is None:
            self._did_not_open(error)
        elif monotonic() - opened_at < GOOD_SECONDS:
            self.ladder.was_cut()
        else:
            self._worked()

    def _did_not_open(self, error: Unreachable) -> None:
        if isinstance(error, Rejected):
            self.circuit.succeeded()
        else:
            self.circuit.failed(monotonic())
        # Who is away says nothing; these say that somebody lets no stream through.
        if isinstance(error, Silent | Rejected):
            self.ladder.step_down()

    def _worked(self) -> None:
        self._backoff.succeeded()
        self.ladder.worked(monotonic())

    def _events(self) -> AsyncGenerator[Event | None, None]:
        return self.connection.events(self.followed.version, self.followed.query)

    def _poll(self) -> Awaitable[Reply]:
        return self.connection.poll(self.followed.version, self.followed.query)

    async def _long_poll(self) -> None:
        while True:
            reply = await retried(self._poll, self.circuit)
            if reply.status == 200:
                frame = document_of(reply.body)
                self.followed.hear(str(frame.get("type")), frame)
            else:
                self.followed.confirm(reply.headers)
            self.status.heard()
            self._worked()

    async def _polling(self) -> None:
        while True:
            if await self.followed.ask(self.connection, self.circuit):
                self.status.heard()
                self._worked()
            await asyncio.sleep(self.polling_seconds * random.uniform(0.9, 1.1))  # noqa: S311  (so that not all come at once)

    def _hear_event(self, event: Event | None) -> None:
        if event is None:
            self.followed.confirm({})
        elif event.name in ("put", "delta", "freshness"):
            self.followed.hear(event.name, document_of(event.data))
        self.status.heard()

    async def _probe(self) -> None:
        """Ends when the best way is let through again, which is then gone."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.ladder.probe_is_due(monotonic()):
                if await self._is_let_through():
                    self.ladder.climb()
                    return
                self.ladder.probe_failed(monotonic())

    async def _is_let_through(self) -> bool:
        """Whether a stream lasts, or a long poll is answered; what they say is heard by the next that is opened."""
        try:
            if self.ladder.top == "streaming":
                return await self._stream_lasts()
            await self._poll()
        except Unreachable:
            return False
        return True

    async def _stream_lasts(self) -> bool:
        async with aclosing(self._events()) as events:
            await anext(events, None)
            try:
                async with asyncio.timeout(GOOD_SECONDS):
                    async for _ in events:
                        pass
            except TimeoutError:
                return True
        return False
