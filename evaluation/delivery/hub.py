"""The fan-out inside one process: who listens to which environment, and how they are woken. Nothing but asyncio.

Nothing is queued for a client. It is told that there is something new, and looks up itself what it is owed from the version
that it has; so a slow client costs nothing, and however much it missed, it gets one message.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Protocol

from ..wire import spans
from .held import Held, HeldKey
from .reach import Reach
from .replay import Prove, Replay

WOKEN_AT_ONCE = 64


class OpenStream(Protocol):
    """What the hub wakes, and has an end put to. `environment_ids` is the hub's to set."""

    environment_ids: frozenset[str]

    @property
    def key_id(self) -> str:
        """Empty where no API key opened it."""

    def wake(self) -> None:
        """There is something new."""

    def end(self, reason: str) -> None: ...


@lru_cache(maxsize=4096)
def alone(environment_id: str) -> frozenset[str]:
    """The environments of a stream that hears of one; the same object for all that hear of it."""
    return frozenset((environment_id,))


class Subscriber:
    """An open stream that a task serves, and the environments that it hears of. `ended` says why it must close, when it must.

    `key_id` is empty where no API key opened it.
    """

    def __init__(self, key_id: str = "") -> None:
        self.key_id = key_id
        self.environment_ids: frozenset[str] = frozenset()
        self.ended: str | None = None
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    def end(self, reason: str) -> None:
        self.ended = reason
        self._news.set()

    async def news(self, seconds: float) -> bool:
        """Whether something happened within the time."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True


class Hub:
    """Made once per event loop that serves streams."""

    def __init__(self, prove: Prove, reach: Reach | None = None) -> None:
        self.reach = reach if reach is not None else Reach()
        self._prove = prove
        self._loop = asyncio.get_running_loop()
        self._subscribers: defaultdict[str, set[OpenStream]] = defaultdict(set)
        self._replays: dict[str, Replay] = {}

    def subscribe(self, key: HeldKey) -> Subscriber:
        subscriber = Subscriber(key.id)
        self.follow(subscriber, alone(key.environment_id))
        return subscriber

    def watch(self, environment_ids: Iterable[str]) -> Subscriber:
        """For whoever looks at several environments, without an API key."""
        subscriber = Subscriber()
        self.follow(subscriber, environment_ids)
        return subscriber

    def follow(self, subscriber: OpenStream, environment_ids: Iterable[str]) -> None:
        """Have the subscriber hear of these from now on, and of no others."""
        self.unsubscribe(subscriber)
        subscriber.environment_ids = frozenset(environment_ids)
        for environment_id in subscriber.environment_ids:
            self._subscribers[environment_id].add(subscriber)

    def unsubscribe(self, subscriber: OpenStream) -> None:
        for environment_id in subscriber.environment_ids:
            self._subscribers[environment_id].discard(subscriber)
            if not self._subscribers[environment_id]:
                del self._subscribers[environment_id]
        subscriber.environment_ids = frozenset()

    def listeners(self, environment_id: str) -> int:
        """How many streams of an environment are open here."""
        return len(self._subscribers.get(environment_id, ()))

    def open_keys(self) -> set[str]:
        """The ids of the keys that hold streams open."""
        return {subscriber.key_id for subscriber in self._all()} - {""}

    def replay(self, held: Held) -> Replay:
        """The recent versions of the environment, with this one among them."""
        replay = self._replays.get(held.environment_id)
        if replay is None:
            replay = self._replays[held.environment_id] = Replay(self._prove)
        if replay.at(held.version) is None:
            replay.add(held)
        return replay

    def close_streams_of(self, keys: Iterable[HeldKey]) -> None:
        gone = {key.id for key in keys}
        for subscriber in self._all() if gone else ():
            if subscriber.key_id in gone:
                subscriber.end("key-revoked")

    def stop(self) -> None:
        """Send every client away; it comes back to whoever serves next."""
        for subscriber in self._all():
            subscriber.end("shutdown")

    def _all(self) -> list[OpenStream]:
        """At this moment; who is ended may leave at once."""
        return [subscriber for subscribers in self._subscribers.values() for subscriber in subscribers]

    def hear(self, held: Held) -> None:
        """There is a newer version. Call it in whatever thread brought it."""
        self.reach.hear(held.environment_id, held.version)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, held)

    def wake(self, topic: str) -> None:
        """There is something else for whoever follows this: an environment's id, or any other name."""
        self._wake(list(self._subscribers.get(topic, ())), _nothing)

    def _tell(self, held: Held) -> None:
        self.replay(held)
        subscribers = list(self._subscribers.get(held.environment_id, ()))
        span = _span_of(held, len(subscribers)) if held.traceparent else None
        self._wake(subscribers, span or _nothing)

    def _wake(self, waiting: list[OpenStream], end: Callable[[], None]) -> None:
        """Some at a time: each evaluates for itself, and between them the loop serves everybody else.

        Who was woken is let go of at once, since a long poll that is answered makes room for the next.
        """
        for _ in range(min(WOKEN_AT_ONCE, len(waiting))):
            waiting.pop().wake()
        if waiting:
            self._loop.call_soon(self._wake, waiting, end)
        else:
            end()


def _nothing() -> None:
    """Nobody waits for the end."""


def _span_of(held: Held, streams: int) -> Callable[[], None] | None:
    told = {spans.ENVIRONMENT: held.environment_id, spans.VERSION: held.version, spans.STREAMS: streams}
    return spans.begun("flagforge.fan_out", held.traceparent, told)
