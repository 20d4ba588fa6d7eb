"""`GET /api/v1/sdk/relay/stream`: one stream of everything below a relay key."""

import contextlib

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError

from evaluation.delivery.below import Below, Downstream, Origin
from evaluation.delivery.held import Held, HeldKey
from evaluation.delivery.streams import retry_ms
from evaluation.manifest import memory
from evaluation.manifest.admission import admit, realm_of
from evaluation.manifest.below import below
from evaluation.stream import service
from evaluation.stream.consumers import SdkHttpConsumer, encoded, headers_of
from evaluation.wire.frames import OPENING, bye_event
from evaluation.wire.relays import positions_of
from evaluation.wire.replies import SSE_HEADERS
from evaluation.wire.requests import api_key_of
from tenants import realm
from tenants.models import ApiKey


class RelayConsumer(SdkHttpConsumer):
    """A relay's one connection upstream. The key comes in a header; `Last-Event-ID` names what the relay has."""

    kind = "relay"

    async def respond(self) -> None:
        headers = headers_of(self.scope)
        key = await database_sync_to_async(admit)(api_key_of(headers), [ApiKey.Kind.RELAY])
        downstream = Downstream(key, positions_of(headers.get("last-event-id", "")), origin())
        await self.send_headers(status=200, headers=encoded(SSE_HEADERS))
        await self.send_body(OPENING, more_body=True)
        async with contextlib.aclosing(downstream.events()) as events:
            async for event in events:
                await self.send_body(event, more_body=True)
        await self.send_body(bye_event(downstream.subscriber.ended or "", retry_ms()))


def origin() -> Origin:
    return Origin(service.hub(), _look, _rules, settings.STREAM_HEARTBEAT_SECONDS)


async def _look(key: HeldKey) -> Below | None:
    """None while the database is out of reach: what was told goes on to hold."""
    with contextlib.suppress(DatabaseError), realm.within(realm_of(key)):
        seen: Below = await database_sync_to_async(below)(key)
        return seen
    return None


async def _rules(environment_id: str) -> Held | None:
    with contextlib.suppress(DatabaseError):
        held: Held | None = memory.held(environment_id) or await database_sync_to_async(memory.load)(environment_id)
        return held
    return None
