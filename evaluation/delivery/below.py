"""Everything below a relay key as one stream tells it: environments, keys by their hashes, and each environment's rules.

The same in the control plane and in a relay that other relays follow.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..wire.frames import HEARTBEAT
from ..wire.relays import changed_keys_event, environments_event, keys_event, rules_event, settings_event
from .feeds import RulesFeed
from .held import Held, HeldKey
from .hub import Hub, Subscriber

# How soon what nobody is woken for is seen: in the control plane a new environment or a revoked key.
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Below:
    """Environments by their ids, keys by their hashes, each as the stream writes it; `log_level` "" is each relay's own."""

    environments: Mapping[str, Mapping[str, Any]]
    keys: Mapping[str, Mapping[str, Any]]
    log_level: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a stream of everything below a key gets it from.

    `look` gives what is below, and None while nobody can tell; `rules` an environment's newest, and None while there are none.
    Whoever follows is woken by the hub for its environments, and for `topics`.
    """

    hub: Hub
    look: Callable[[HeldKey], Awaitable[Below | None]]
    rules: Callable[[str], Awaitable[Held | None]]
    heartbeat_seconds: float
    topics: Collection[str] = ()
    feed: Callable[[int | None], RulesFeed] = field(default=RulesFeed)


class Downstream:
    """What one relay was told, and what it must hear next."""

    def __init__(self, key: HeldKey, positions: Mapping[str, int], origin: Origin) -> None:
        self.key, self.positions, self.origin = key, positions, origin
        self.subscriber = Subscriber(key.id)
        self._told: Below | None = None
        self._feeds: dict[str, RulesFeed] = {}

    async def events(self) -> AsyncGenerator[bytes, None]:
        """Ends when the stream must close; whoever reads says goodbye with `subscriber.ended`."""
        said_at = time.monotonic()
        # Its own id stands for no environment; so it hears that it must close, whatever it may follow.
        self.origin.hub.follow(self.subscriber, [self.key.id, *self.origin.topics])
        try:
            while self.subscriber.ended is None:
                async for event in self._news():
                    said_at = time.monotonic()
                    yield event
                if time.monotonic() - said_at >= self.origin.heartbeat_seconds:
                    said_at = time.monotonic()
                    yield HEARTBEAT
                await self.subscriber.news(LOOK_SECONDS)
                if self.key.has_expired(time.time()):
                    self.subscriber.end("key-expired")
        finally:
            self.origin.hub.unsubscribe(self.subscriber)

    async def _news(self) -> AsyncGenerator[bytes, None]:
        """Rules of what is followed first: a change must not wait until it is known what else there is."""
        followed = dict(self._feeds)
        async for event in self._changes(followed):
            yield event
        seen = await self.origin.look(self.key)
        if seen is not None:
            for event in self._tell(seen):
                yield event
        async for event in self._changes({each: feed for each, feed in self._feeds.items() if each not in followed}):
            yield event

    async def _changes(self, feeds: Mapping[str, RulesFeed]) -> AsyncGenerator[bytes, None]:
        for environment_id, feed in feeds.items():
            held = await self.origin.rules(environment_id)
            if held is not None and (news := self._rules(held, feed)):
                yield news
            await asyncio.sleep(0)

    def _tell(self, seen: Below) -> Iterator[bytes]:
        told, self._told = self._told, seen
        if told is None or _places(told) != _places(seen):
            self._follow(seen)
            yield environments_event(list(seen.environments.values()))
        if told is None:
            yield keys_event(list(seen.keys.values()))
        elif told.keys != seen.keys:
            added = [key for sha256, key in seen.keys.items() if told.keys.get(sha256) != key]
            yield changed_keys_event(added, told.keys.keys() - seen.keys.keys())
        if told is None or told.log_level != seen.log_level:
            yield settings_event(seen.log_level)

    def _follow(self, seen: Below) -> None:
        feed = self.origin.feed
        self._feeds = {each: self._feeds.get(each) or feed(self.positions.get(each)) for each in seen.environments}
        self.origin.hub.follow(self.subscriber, [*seen.environments, self.key.id, *self.origin.topics])

    def _rules(self, held: Held, feed: RulesFeed) -> bytes | None:
        replay = self.origin.hub.replay(held)
        message = feed.next(held, replay) or feed.tick(held, replay)
        return rules_event(held.environment_id, message) if message else None


def _places(seen: Below) -> list[dict[str, Any]]:
    """What names the environments; their versions move without it."""
    return [{**each, "version": None} for each in seen.environments.values()]
