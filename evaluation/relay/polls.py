"""A client's long poll without a task: it waits among those whom the hub wakes, and is answered on the connection it came on."""

import asyncio
import contextlib
import time
from collections.abc import Callable

from ..delivery.callers import Caller
from ..delivery.hub import alone
from ..delivery.polls import PollFeed
from ..wire.frames import Message
from ..wire.problems import nothing_published
from ..wire.replies import POLL_HEADERS, Reply
from .holdings import Holdings
from .listeners import Listening

POLL = "/api/v1/sdk/poll"


class Poll:
    """One client, from its question to its one answer, which `tell` is given."""

    __slots__ = (
        "_began",
        "_caller",
        "_feed",
        "_held_open",
        "_shared",
        "_slot",
        "_tell",
        "_timer",
        "_waits_with",
        "environment_ids",
    )

    def __init__(
        self,
        shared: Listening,
        caller: Caller,
        held_open: contextlib.ExitStack | None,
        tell: Callable[[Reply], None],
    ) -> None:
        self.environment_ids: frozenset[str] = frozenset()
        self._shared, self._caller, self._held_open = shared, caller, held_open
        self._tell: Callable[[Reply], None] | None = tell
        self._feed = PollFeed(caller)
        self._began = time.perf_counter()
        self._timer: asyncio.TimerHandle | None = None
        self._waits_with: int | None = None
        self._slot = 0

    @property
    def key_id(self) -> str:
        return self._caller.key.id

    def begin(self) -> None:
        """Answer at once where there is news, and else wait for it."""
        self.wake()
        if self._tell is not None:
            self._wait()

    def _wait(self) -> None:
        shared, environment_id = self._shared, self._caller.key.environment_id
        self._timer = asyncio.get_running_loop().call_later(self._caller.timeout, self.end)
        self._slot = shared.pulse.join(self)
        self._waits_with = self._feed.version
        shared.polls += 1
        shared.hub.follow(self, alone(environment_id))
        shared.hub.reach.move(environment_id, None, self._waits_with)

    # What the hub and the pulse say

    def wake(self) -> None:
        held = self._shared.holdings.rules.get(self._caller.key.environment_id)
        if held is None:
            self._answer(nothing_published().reply)
        else:
            self._hear(self._feed.next(held, self._shared.hub.replay(held)))

    def beat(self) -> None:
        """A heartbeat is due, of which the client hears nothing; but time may change values, and end a key."""
        held = self._shared.holdings.rules.get(self._caller.key.environment_id)
        if held is None or self._caller.has_expired():
            self.end()
        else:
            self._hear(self._feed.tick(held, self._shared.hub.replay(held)))

    def end(self, reason: str = "") -> None:
        """There is nothing to wait for any longer: nothing has come, or what was withheld."""
        held = self._shared.holdings.rules.get(self._caller.key.environment_id)
        if held is not None and self._feed.is_withheld:
            self._hear(self._feed.whole(held, self._shared.hub.replay(held)))
        else:
            self._answer(nothing_new(self._caller, self._shared.holdings))

    def _hear(self, message: Message | None) -> None:
        if message is not None:
            self._answer(self._shared.answered(message))

    def _answer(self, reply: Reply) -> None:
        tell = self._tell
        self.leave()
        if tell is not None:
            self._shared.holdings.tally.count(POLL, reply.status, time.perf_counter() - self._began)
            tell(reply)

    def leave(self) -> None:
        """The answer is out, or the client has left."""
        self._tell = None
        if self._held_open is not None:
            self._held_open.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._leave_others()

    def _leave_others(self) -> None:
        shared = self._shared
        shared.polls -= 1
        shared.pulse.leave(self, self._slot)
        shared.hub.unsubscribe(self)
        shared.hub.reach.move(self._caller.key.environment_id, self._waits_with, None)


def nothing_new(caller: Caller, holdings: Holdings) -> Reply:
    """To whoever holds rules it says that they are still the newest."""
    held = holdings.rules.get(caller.key.environment_id) if caller.wants_rules else None
    freshness = (("FlagForge-Freshness", holdings.prove(held).freshness),) if held else ()
    return Reply(204, b"", headers=(*POLL_HEADERS, *freshness))
