"""OFREP's stream: it says that something is new, and every client asks for its values itself."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator
from datetime import datetime

from ..wire.frames import Message, refetch
from .callers import Caller
from .held import Held
from .replay import Replay
from .streams import Source, messages

# Where rules read the clock, clients ask again so often, counted in heartbeats.
TICKS_BETWEEN_LOOKS = 4
# All clients ask at once as soon as they hear, so they hear one after the other: as fast as they can be answered, and
# never so slow that it is noticed.
SECONDS_PER_ANSWER = 0.0005
LONGEST_SPREAD_SECONDS = 0.5


class RefetchFeed:
    """Tells a new client at once: since it asked for its values, they may have changed."""

    def __init__(self, since: int | None) -> None:
        self.version = since
        self._ticks = 0

    def next(self, held: Held, replay: Replay) -> Message | None:
        if self.version == held.version:
            return None
        return self._told(held)

    def tick(self, held: Held, replay: Replay) -> Message | None:
        self._ticks += 1
        is_due = held.ruleset.reads_clock and self._ticks % TICKS_BETWEEN_LOOKS == 0
        return self._told(held) if is_due else None

    def _told(self, held: Held) -> Message:
        self.version = held.version
        return refetch(held.version, datetime.fromisoformat(held.ruleset.issued))


async def refetches(caller: Caller, since: int | None, source: Source) -> AsyncGenerator[Message | None, None]:
    """A message for each new version, each client in its turn; None at each heartbeat."""
    async with contextlib.aclosing(messages(caller, RefetchFeed(since), source)) as stream:
        async for message in stream:
            if message is not None:
                await asyncio.sleep(_turn(source.hub.listeners(caller.key.environment_id)))
            yield message


def _turn(listeners: int) -> float:
    """When, in seconds from now, one of so many clients is told."""
    longest = min(LONGEST_SPREAD_SECONDS, listeners * SECONDS_PER_ANSWER)
    return random.uniform(0, longest)  # noqa: S311  (nobody gains from guessing it)
