"""Contexts that this process evaluated for others: kept as a batch of its own every half minute, classed as every other one."""

import asyncio
import contextlib
import logging
from datetime import datetime

from channels.db import database_sync_to_async
from django.db import DatabaseError
from django.utils import timezone

from analytics import services
from evaluation.api.doors import observing
from evaluation.delivery.held import HeldKey
from evaluation.delivery.observing import Watched
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import read_batch
from tenants.models import Environment

TOLD_SECONDS = 30.0

log = logging.getLogger(__name__)
_task: "asyncio.Task[None] | None" = None


async def start() -> None:
    global _task
    _task = asyncio.create_task(_run())


async def stop() -> None:
    """Keep what was sampled until now."""
    if _task is not None:
        _task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await _task
        await _in_thread(timezone.now())


async def _run() -> None:
    while True:
        await asyncio.sleep(TOLD_SECONDS)
        await _in_thread(timezone.now())


async def _in_thread(now: datetime) -> None:
    await database_sync_to_async(tell, thread_sensitive=False)(now)


def _sender(watched: Watched, organization_id: str) -> Sender:
    key = HeldKey("", "", watched.kind, organization_id, "", watched.environment_id, "", None)
    return Sender(key, watched.environment_id, watched.kind)


def tell(now: datetime) -> None:
    """A sample that cannot be kept is lost: there will be another one."""
    found = list(observing.batches())
    try:
        rows = Environment.objects.filter(pk__in={watched.environment_id for watched, _ in found})
        organizations: dict[str, str] = dict(rows.values_list("pk", "organization_id")) if found else {}
        for watched, body in found:
            if organization_id := organizations.get(watched.environment_id):
                services.keep_batch(read_batch(body), _sender(watched, organization_id), organization_id, now=now)
    except DatabaseError:
        log.warning("contexts that were evaluated here could not be kept")
