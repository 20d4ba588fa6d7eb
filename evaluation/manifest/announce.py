"""Telling other processes that an environment has a new manifest version. They look for themselves; this only wakes them."""

import asyncio
import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection

GROUP = "manifests"
NOTIFY_CHANNEL = "flagforge_manifests"
SECONDS_TO_WAIT = 1.0

log = logging.getLogger(__name__)


def in_transaction(environment_id: str) -> None:
    """PostgreSQL delivers a NOTIFY at commit. With Redis there, nobody listens to it."""
    if connection.vendor == "postgresql" and not settings.REDIS_URL:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [NOTIFY_CHANNEL, environment_id])


def after_commit(environment_id: str) -> None:
    """Through Redis when there is one. A failure is only slower: everybody also looks without being woken."""
    if not settings.REDIS_URL:
        return
    try:
        async_to_sync(_send)(environment_id)
    except Exception as error:  # Redis gone, or silent: the look-out's own clock finds the version
        log.warning("could not announce environment %s over Redis: %s", environment_id, type(error).__name__)


async def _send(environment_id: str) -> None:
    message = {"type": "look.again", "environment": environment_id}
    async with asyncio.timeout(SECONDS_TO_WAIT):
        await get_channel_layer().group_send(GROUP, message)
