"""Whether the database and Redis answer, how fast, and which versions they are."""

import time
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import DatabaseError, connection


@dataclass(frozen=True, slots=True)
class Store:
    """`milliseconds` is what one question took; None: there was no answer. `is_used` is false where there is none by choice."""

    name: str
    version: str
    milliseconds: float | None
    note: str = ""
    is_used: bool = True


def database() -> Store:
    name = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    question = "SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()"
    began = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            version = str(cursor.fetchone()[0]).split()[0]
    except DatabaseError as error:
        return Store(name, "", None, f"does not answer ({type(error).__name__})")
    return Store(name, version, 1000 * (time.perf_counter() - began))


def redis_store() -> Store:
    """Its version is none of our business: the least user may not ask for it."""
    if not settings.REDIS_URL:
        return Store(
            "Redis", "", None, "not used: REDIS_URL is not set, the database and a folder do its work", is_used=False
        )
    began = time.perf_counter()
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, **settings.REDIS_OPTIONS)
        with client:
            client.ping()
    except redis.RedisError as error:
        note = f"does not answer ({type(error).__name__}): changes arrive within two seconds instead of at once, the worker rests"
        return Store("Redis", "", None, note)
    return Store("Redis", "", 1000 * (time.perf_counter() - began))
