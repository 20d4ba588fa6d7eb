"""Telling other processes that something happened to an environment. They look for themselves; this only wakes them."""

from functools import cache

import redis
from django.conf import settings
from django.db import connection

from tenants.breaker import redis_breaker

# The name of the Redis channel, and of PostgreSQL's.
CHANNEL = "flagforge_manifests"


def in_transaction(environment_id: str) -> None:
    """PostgreSQL delivers a NOTIFY at commit. With Redis there, nobody listens to it."""
    if connection.vendor == "postgresql" and not settings.REDIS_URL:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, environment_id])


def after_commit(environment_id: str) -> None:
    """Through Redis when there is one. A failure is only slower: everybody also looks without being woken."""
    if settings.REDIS_URL:
        redis_breaker.call(lambda: _client(settings.REDIS_URL).publish(CHANNEL, environment_id))


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, **settings.REDIS_OPTIONS)
