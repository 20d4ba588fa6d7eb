"""A client's stream of Server-Sent Events on the bare transport: no task, no generator and no queue of its own.

Frames that many clients may share are written once, and every transport is handed the same bytes.
"""

import asyncio
import contextlib
import time

from ..delivery.feeds import Feed
from ..delivery.held import Held, HeldKey
from ..delivery.hub import alone
from ..delivery.streams import retry_ms
from ..wire.frames import HEARTBEAT, OPENING, Message, bye_event
from ..wire.replies import POLL_HEADERS, Reply
from .holdings import Holdings
from .pulse import Beating, Pulse

# What may wait for a client beyond what the kernel takes; of whatever is new meanwhile it is owed one message.
WAITING_BYTES = 65_536
# A client that takes nothing for so many heartbeats is let go.
MOST_BEATS_WAITING = 4
# So many messages are kept as they were written, and of long ones one: a change tells most people one of a few things.
MOST_WRITTEN = 16
LAST_CHUNK = b"0\r\n\r\n"


# An environment, and the versions before and after; None: not open, or nothing written yet.
Move = tuple[str, int | None, int | None]


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


HEARTBEAT_CHUNK = chunk(HEARTBEAT)


class Listening:
    """What all listeners and polls of a process share: `open` streams, and `polls` that wait."""

    def __init__(self, holdings: Holdings, heartbeat_seconds: float) -> None:
        self.holdings = holdings
        self._loop = asyncio.get_running_loop()
        self.pulse: Pulse[Beating] = Pulse(heartbeat_seconds)
        self.open = self.polls = 0
        self._written: dict[int, tuple[Message, bytes]] = {}
        self._answered: tuple[Message | None, Reply] = (None, Reply(200, b""))
        self.hub = holdings.hub
        self._arrived: Move | None = None
        self._arrivals = 0

    def written(self, message: Message) -> bytes:
        """The message as it goes to a transport; the same bytes for all who are told the same."""
        known = self._written.get(id(message))
        if known is None:
            if len(self._written) >= MOST_WRITTEN or len(message.data) > WAITING_BYTES:
                self._written.clear()
            known = self._written[id(message)] = message, chunk(message.as_sse())  # which keeps its id from others
        return known[1]

    def arrive(self, move: Move) -> None:
        """A stream came from one version to another. Those that do so in one turn of the loop are counted together."""
        if move != self._arrived:
            self._count_arrivals()
            self._arrived = move
            self._loop.call_soon(self._count_arrivals)
        self._arrivals += 1

    def _count_arrivals(self) -> None:
        if self._arrived is not None:
            self.hub.reach.move(*self._arrived, self._arrivals)
        self._arrived, self._arrivals = None, 0

    def answered(self, message: Message) -> Reply:
        """The same for polls."""
        if message is not self._answered[0]:
            self._answered = message, Reply(200, message.as_frame().encode(), headers=POLL_HEADERS)
        return self._answered[1]


class Listener(asyncio.Protocol):
    """One client, from the moment when its stream is opened. What it says is ignored."""

    __slots__ = (
        "_beats_waiting",
        "_feed",
        "_held_open",
        "_is_behind",
        "_key",
        "_shared",
        "_slot",
        "_told",
        "_transport",
        "environment_ids",
    )

    def __init__(self, shared: Listening, key: HeldKey, feed: Feed, held_open: contextlib.ExitStack | None) -> None:
        self.environment_ids: frozenset[str] = frozenset()
        self._shared, self._key, self._feed, self._held_open = shared, key, feed, held_open
        self._transport: asyncio.Transport | None = None
        self._told: int | None = None
        self._beats_waiting = -1
        self._is_behind = False
        self._slot = 0

    @property
    def key_id(self) -> str:
        return self._key.id

    def begin(self, transport: asyncio.Transport, head: bytes) -> None:
        """The transport is this listener's from now on."""
        self._transport = transport
        transport.set_write_buffer_limits(high=WAITING_BYTES)
        self._shared.open += 1
        self._slot = self._shared.pulse.join(self)
        self._shared.hub.follow(self, alone(self._key.environment_id))
        transport.write(head + chunk(OPENING))
        self.wake()

    def drop(self) -> None:
        """It never began."""
        if self._held_open is not None:
            self._held_open.close()

    # What the hub and the pulse say

    def wake(self) -> None:
        if self._beats_waiting >= 0:
            self._is_behind = True
        elif (held := self._held()) is not None:
            self._tell(self._feed.next(held, self._shared.hub.replay(held)))
            self._count(self._feed.version)

    def beat(self) -> None:
        """A heartbeat is due."""
        if self._key.has_expired(time.time()):
            self.end("key-expired")
        elif self._beats_waiting >= 0:
            self._wait_on()
        elif (held := self._held()) is not None:
            replay = self._shared.hub.replay(held)
            message = self._feed.next(held, replay) or self._feed.tick(held, replay)
            self._tell(message)
            self._count(self._feed.version)
            if message is None and self._transport is not None:
                self._transport.write(HEARTBEAT_CHUNK)

    def end(self, reason: str) -> None:
        """Say goodbye, and close. Who takes nothing would not hear it either."""
        transport = self._transport
        if transport is None:
            return
        self._leave()
        if self._beats_waiting >= 0:
            transport.abort()
        else:
            transport.write(chunk(bye_event(reason, retry_ms())) + LAST_CHUNK)
            transport.close()

    def _held(self) -> Held | None:
        held = self._shared.holdings.rules.get(self._key.environment_id)
        if held is None:
            self.end("")  # the environment is gone
        return held

    def _tell(self, message: Message | None) -> None:
        if message is not None and self._transport is not None:
            self._transport.write(self._shared.written(message))

    def _count(self, version: int | None) -> None:
        if version != self._told:
            self._shared.arrive((self._key.environment_id, self._told, version))
            self._told = version

    def _wait_on(self) -> None:
        self._beats_waiting += 1
        if self._beats_waiting >= MOST_BEATS_WAITING and self._transport is not None:
            self._transport.abort()

    # What the transport says

    def pause_writing(self) -> None:
        self._beats_waiting = 0

    def resume_writing(self) -> None:
        self._beats_waiting = -1
        if self._is_behind:
            self._is_behind = False
            self.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._transport is None:
            return
        self._transport = None
        self._shared.open -= 1
        self._shared.pulse.leave(self, self._slot)
        self._shared.hub.unsubscribe(self)
        self._count(None)
        self.drop()
