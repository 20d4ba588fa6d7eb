"""How this process learns that something was published elsewhere.

Every source says only "look again"; what is new stands in the database. Redis where there is one, else PostgreSQL's
NOTIFY, else SQLite's data_version. And because a wake-up can be lost, the look-out also looks without one.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator

import psycopg
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection

from evaluation.manifest.announce import GROUP, NOTIFY_CHANNEL

SQLITE_SECONDS = 0.05


def wake_ups() -> AsyncIterator[None]:
    """Endless; raises when its source breaks."""
    if settings.REDIS_URL:
        return _from_redis()
    if connection.vendor == "postgresql":
        return _from_postgresql()
    return _from_sqlite()


async def _from_redis() -> AsyncIterator[None]:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    try:
        while True:
            await layer.receive(channel)
            yield
    finally:
        with contextlib.suppress(Exception):  # a broken Redis has already forgotten us
            async with asyncio.timeout(1):
                await layer.group_discard(GROUP, channel)


async def _from_postgresql() -> AsyncIterator[None]:
    parameters = connection.get_connection_params()
    for of_django in ("context", "cursor_factory", "prepare_threshold"):
        parameters.pop(of_django, None)
    listener = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
    async with listener:
        await listener.execute(f"LISTEN {NOTIFY_CHANNEL}")
        async for _ in listener.notifies():
            yield


async def _from_sqlite() -> AsyncIterator[None]:
    """`data_version` changes when any other connection commits; reading it takes microseconds."""
    name = str(settings.DATABASES["default"]["NAME"])
    with contextlib.closing(sqlite3.connect(name, uri=name.startswith("file:"))) as watcher:
        seen = _data_version(watcher)
        while True:
            await asyncio.sleep(SQLITE_SECONDS)
            if (version := _data_version(watcher)) != seen:
                seen = version
                yield


def _data_version(watcher: sqlite3.Connection) -> int:
    version: int = watcher.execute("PRAGMA data_version").fetchone()[0]
    return version
