"""Telemetry on its way upstream: kept in memory in the order of its coming, within bounds."""

import asyncio
from collections import deque
from typing import Any, NamedTuple

MOST_BATCHES = 10_000
MOST_BYTES = 64_000_000


class Waiting(NamedTuple):
    """A batch as it came, and what upstream must know of whom it came from."""

    environment_id: str
    kind: str
    body: bytes


class Batches:
    """`dropped` counts what nobody took responsibility for; the sender was told so and may come again."""

    def __init__(self, most: int = MOST_BATCHES, most_bytes: int = MOST_BYTES) -> None:
        self.most, self.most_bytes = most, most_bytes
        self.bytes = self.sent = self.dropped = self.refused = 0
        self.closed = False
        self._queue: deque[Waiting] = deque()
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, batch: Waiting) -> bool:
        """Whether there was room for it."""
        if self.closed or len(self) >= self.most or self.bytes + len(batch.body) > self.most_bytes:
            self.dropped += 1
            return False
        self._queue.append(batch)
        self.bytes += len(batch.body)
        self._arrived.set()
        return True

    async def first(self) -> Waiting:
        """The oldest; it stays the first until it is removed."""
        while not self._queue:
            self._arrived.clear()
            await self._arrived.wait()
        return self._queue[0]

    def remove_first(self, *, was_taken: bool) -> None:
        """Upstream has it, or has said that it will never take it."""
        self.bytes -= len(self._queue.popleft().body)
        self.sent += was_taken
        self.refused += not was_taken

    def rest(self) -> list[Waiting]:
        return list(self._queue)

    def counts(self) -> dict[str, Any]:
        names = ("bytes", "sent", "refused", "dropped")
        return {"queued": len(self)} | {name: getattr(self, name) for name in names}
