"""Heartbeats of many by one timer, evenly spread, so that they never all come at once."""

import asyncio
from itertools import cycle
from typing import Generic, Protocol, TypeVar

SLOTS = 60


class Beating(Protocol):
    def beat(self) -> None: ...


Member = TypeVar("Member", bound=Beating)


class Pulse(Generic[Member]):
    """Every member hears a beat once in so many seconds. Made on the loop that serves; runs while there is anybody."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds / SLOTS
        self._loop = asyncio.get_running_loop()
        self._slots: list[set[Member]] = [set() for _ in range(SLOTS)]
        self._next_slot = cycle(range(SLOTS))
        self._at = 0
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    def join(self, member: Member) -> int:
        """The member's slot, to leave it by."""
        slot = next(self._next_slot)
        self._slots[slot].add(member)
        self._count += 1
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._turn)
        return slot

    def leave(self, member: Member, slot: int) -> None:
        self._slots[slot].discard(member)
        self._count -= 1

    def _turn(self) -> None:
        self._at = (self._at + 1) % SLOTS
        for member in list(self._slots[self._at]):
            member.beat()
        self._timer = self._loop.call_later(self._seconds, self._turn) if self._count else None
