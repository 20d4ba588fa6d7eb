"""One open stream from its first message to its last; what carries it (SSE, WebSocket, one poll) is the door's."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from ..wire.frames import Message
from .callers import Caller
from .feeds import Feed
from .held import Held
from .hub import Hub
from .polls import PollFeed


@dataclass(frozen=True, slots=True)
class Source:
    """What a process delivers from. `rules` gives an environment's newest, and raises `Refused` where there are none."""

    hub: Hub
    rules: Callable[[str], Awaitable[Held]]
    heartbeat_seconds: float


async def messages(caller: Caller, feed: Feed, source: Source) -> AsyncGenerator[Message | None, None]:
    """What the caller is owed, as it comes; None at each heartbeat. Ends when the stream must close."""
    hub, environment_id = source.hub, caller.key.environment_id
    subscriber = hub.subscribe(caller.key)
    written: int | None = None
    try:
        while subscriber.ended is None:
            held = await source.rules(environment_id)
            message = feed.next(held, hub.replay(held))
            if message is not None:
                yield message
            if feed.version != written:
                hub.reach.move(environment_id, written, feed.version)
                written = feed.version
            if not await subscriber.news(source.heartbeat_seconds):
                yield feed.tick(held, hub.replay(held))
            if caller.has_expired():
                subscriber.end("key-expired")
        caller.ended = subscriber.ended
    finally:
        hub.unsubscribe(subscriber)
        hub.reach.move(environment_id, written, None)


async def first_news(caller: Caller, source: Source) -> Message | None:
    """The first message that tells the client more than it has; None when its time is over without one."""
    feed = PollFeed(caller)
    with contextlib.suppress(TimeoutError):
        async with (
            asyncio.timeout(caller.timeout),
            contextlib.aclosing(messages(caller, feed, source)) as stream,
        ):
            async for message in stream:
                if message is not None:
                    return message
    if not feed.is_withheld:
        return None
    held = await source.rules(caller.key.environment_id)
    return feed.whole(held, source.hub.replay(held))


def retry_ms() -> int:
    """When a client that was sent away should come back: spread, so that not all come at once."""
    return random.randint(500, 3000)  # noqa: S311  (nobody gains from guessing it)
