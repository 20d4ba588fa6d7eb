"""`GET /api/v1/sdk/relay/stream`: one stream of everything below a relay key."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError

from evaluation.delivery.feeds import RulesFeed
from evaluation.delivery.held import Held, HeldKey
from evaluation.delivery.hub import Hub, Subscriber
from evaluation.delivery.streams import retry_ms
from evaluation.manifest import memory
from evaluation.manifest.admission import admit
from evaluation.manifest.below import Below, below
from evaluation.stream import service
from evaluation.stream.consumers import SdkHttpConsumer, encoded, headers_of
from evaluation.wire.frames import HEARTBEAT, OPENING, bye_event
from evaluation.wire.relays import changed_keys_event, environments_event, keys_event, positions_of, rules_event
from evaluation.wire.replies import SSE_HEADERS
from evaluation.wire.requests import api_key_of
from tenants.models import ApiKey

# How soon a new environment or a revoked key is seen; a change of rules wakes the stream at once.
LOOK_SECONDS = 1.0


class RelayConsumer(SdkHttpConsumer):
    """A relay's one connection upstream. The key comes in a header; `Last-Event-ID` names what the relay has."""

    async def respond(self) -> None:
        headers = headers_of(self.scope)
        key = await database_sync_to_async(admit)(api_key_of(headers), [ApiKey.Kind.RELAY])
        downstream = Downstream(key, positions_of(headers.get("last-event-id", "")), service.hub())
        await self.send_headers(status=200, headers=encoded(SSE_HEADERS))
        await self.send_body(OPENING, more_body=True)
        async with contextlib.aclosing(downstream.events()) as events:
            async for event in events:
                await self.send_body(event, more_body=True)
        await self.send_body(bye_event(downstream.subscriber.ended or "", retry_ms()))


class Downstream:
    """What one relay was told, and what it must hear next."""

    def __init__(self, key: HeldKey, positions: Mapping[str, int], hub: Hub) -> None:
        self.key = key
        self.positions = positions
        self.hub = hub
        self.subscriber = Subscriber(key.id)
        self._told: Below | None = None
        self._feeds: dict[str, RulesFeed] = {}

    async def events(self) -> AsyncGenerator[bytes, None]:
        """Ends when the stream must close; whoever reads says goodbye with `subscriber.ended`."""
        said_at = time.monotonic()
        try:
            while self.subscriber.ended is None:
                async for event in self._news():
                    said_at = time.monotonic()
                    yield event
                if time.monotonic() - said_at >= settings.STREAM_HEARTBEAT_SECONDS:
                    said_at = time.monotonic()
                    yield HEARTBEAT
                await self.subscriber.news(LOOK_SECONDS)
                if self.key.has_expired(time.time()):
                    self.subscriber.end("key-expired")
        finally:
            self.hub.unsubscribe(self.subscriber)

    async def _news(self) -> AsyncGenerator[bytes, None]:
        with contextlib.suppress(DatabaseError):  # out of reach: what was told goes on to hold
            for event in self._tell(await database_sync_to_async(below)(self.key)):
                yield event
        for environment_id, feed in self._feeds.items():
            held = memory.held(environment_id) or await _load(environment_id)
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

    def _follow(self, seen: Below) -> None:
        self._feeds = {each: self._feeds.get(each) or RulesFeed(self.positions.get(each)) for each in seen.environments}
        # Its own id stands for no environment; so it hears that it must close although it has none.
        self.hub.follow(self.subscriber, [*seen.environments, self.key.id])

    def _rules(self, held: Held, feed: RulesFeed) -> bytes | None:
        replay = self.hub.replay(held)
        message = feed.next(held, replay) or feed.tick(held, replay)
        return rules_event(held.environment_id, message) if message else None


def _places(seen: Below) -> list[dict[str, Any]]:
    """What names the environments; their versions move without it."""
    return [{**each, "version": None} for each in seen.environments.values()]


async def _load(environment_id: str) -> Held | None:
    """None while nothing is published there, or nobody can be asked."""
    with contextlib.suppress(DatabaseError):
        held: Held | None = await database_sync_to_async(memory.load)(environment_id)
        return held
    return None
