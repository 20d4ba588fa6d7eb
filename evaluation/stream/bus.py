"""How this process learns that something was published elsewhere.

Every source says only "look again"; what is new stands in the database. Redis where there is one, else PostgreSQL's
NOTIFY, else SQLite's data_version. And because a wake-up can be lost, the look-out also looks without one.
"""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.db import connection

from evaluation.manifest.announce import CHANNEL

SQLITE_SECONDS = 0.05
REDIS_SECONDS = 0.25
# So long may a healthy Redis have nothing to say; then it is asked, and must answer within the second time.
QUIET_SECONDS = 5.0
SILENT_SECONDS = 2.0


async def listen(wake: Callable[[], None]) -> None:
    """Call `wake` whenever something may be new; never returns, raises when its source breaks."""
    if settings.REDIS_URL:
        await _listen_to_redis(wake)
    elif connection.vendor == "postgresql":
        await _listen_to_postgresql(wake)
    else:
        await _watch_sqlite(wake)


async def _listen_to_redis(wake: Callable[[], None]) -> None:
    """In a thread, since redis-py on asyncio may swallow a cancellation, and a channel layer may wait for a silent Redis."""
    loop, stopped = asyncio.get_running_loop(), threading.Event()
    try:
        await asyncio.to_thread(_follow_redis, lambda: loop.call_soon_threadsafe(wake), stopped)
    finally:
        stopped.set()


def _follow_redis(wake: Callable[[], object], stopped: threading.Event) -> None:
    options: dict[str, Any] = settings.REDIS_OPTIONS
    client = redis.Redis.from_url(settings.REDIS_URL, **options)
    with contextlib.closing(client), client.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
        subscription.subscribe(CHANNEL)
        heard = asked = time.monotonic()
        while not stopped.is_set():
            message, now = subscription.get_message(timeout=REDIS_SECONDS), time.monotonic()
            if message is not None:
                heard = now
            if message is not None and message["type"] == "message" and not stopped.is_set():
                wake()
            if now - heard > QUIET_SECONDS + SILENT_SECONDS:
                raise ConnectionError("Redis does not answer any more")
            if now - max(heard, asked) > QUIET_SECONDS:
                asked = now
                subscription.ping()


async def _listen_to_postgresql(wake: Callable[[], None]) -> None:
    parameters = connection.get_connection_params()
    for of_django in ("context", "cursor_factory", "prepare_threshold"):
        parameters.pop(of_django, None)
    listener = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
    async with listener:
        await listener.execute(f"LISTEN {CHANNEL}")
        async for _ in listener.notifies():
            wake()


async def _watch_sqlite(wake: Callable[[], None]) -> None:
    """`data_version` changes when any other connection commits; reading it takes microseconds."""
    name = str(settings.DATABASES["default"]["NAME"])
    with contextlib.closing(sqlite3.connect(name, uri=name.startswith("file:"))) as watcher:
        seen = _data_version(watcher)
        while True:
            await asyncio.sleep(SQLITE_SECONDS)
            if (version := _data_version(watcher)) != seen:
                seen = version
                wake()


def _data_version(watcher: sqlite3.Connection) -> int:
    version: int = watcher.execute("PRAGMA data_version").fetchone()[0]
    return version
