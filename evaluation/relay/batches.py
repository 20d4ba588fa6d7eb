"""Telemetry on its way upstream: kept in memory in the order of its coming, within bounds, and who met what told once."""

import asyncio
import json
from collections import deque
from time import monotonic
from typing import Any, NamedTuple

from ..sdk.telemetry.exposed import Exposed
from ..wire.telemetry import Batch

MOST_BATCHES = 10_000
MOST_BYTES = 64_000_000
# Who met a variant by what several applications told is passed on once an hour: so many are remembered, in 32 MB.
MOST_EXPOSED = 2**23


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
        self.exposed = Exposed(MOST_EXPOSED)
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

    def take(self, environment_id: str, kind: str, batch: Batch, body: bytes) -> bool:
        """Whether there was room for it. It goes on as it came, but for who met what they are known to have met."""
        met, now = _met(environment_id, kind, batch), monotonic()
        news = [not self.exposed.has(each, now) for each in met]
        if not all(news):
            told = [told for told, is_new in zip(batch.document["exposures"], news, strict=True) if is_new]
            body = json.dumps({**batch.document, "exposures": told}, separators=(",", ":")).encode()
        if not self.put(Waiting(environment_id, kind, body)):
            return False
        for each, is_new in zip(met, news, strict=True):
            if is_new:
                self.exposed.add(each, now)
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


def _met(environment_id: str, kind: str, batch: Batch) -> list[tuple[str, ...]]:
    """Apart by kind of key: anybody can say anything with a client key."""
    told = batch.document.get("exposures", ())
    return [
        (environment_id, kind, each["flag"], each["variant"], each["subject"], each.get("rule", "")) for each in told
    ]
