"""Published manifests in the cache: a copy that may be lost or stale, never a source of truth."""

import logging
import zlib
from dataclasses import dataclass
from typing import Any

import redis
from django.core.cache import caches

from evaluation.core.canonical import checksum
from evaluation.manifest import counting
from tenants.breaker import redis_breaker

SECONDS = 7 * 24 * 3600

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """One manifest version as it was published."""

    environment_id: str
    version: int
    checksum: str
    content: bytes
    signature: str


def put(published: Published) -> None:
    entry = (published.version, published.checksum, zlib.compress(published.content, 6), published.signature)
    redis_breaker.call(lambda: caches["shared"].set(_name(published.environment_id), entry, SECONDS))


def get(environment_id: str) -> Published | None:
    """The cached manifest if there is one and it is whole; None otherwise, also when the cache is out of reach."""
    found = _whole(environment_id, redis_breaker.call(lambda: _entry(environment_id)))
    counting.reads["shared", found is not None] += 1
    return found


def _whole(environment_id: str, entry: Any) -> Published | None:
    try:
        version, expected, compressed, signature = entry
        content = zlib.decompress(compressed)
    except (TypeError, ValueError, zlib.error):
        return None
    if not isinstance(version, int) or checksum(content) != expected:
        log.warning("the cached manifest of environment %s is damaged", environment_id)
        return None
    return Published(environment_id, version, expected, content, signature)


def _entry(environment_id: str) -> Any:
    """Whatever lies there; None also for what cannot even be unpacked, which is no fault of Redis."""
    try:
        return caches["shared"].get(_name(environment_id))
    except (redis.RedisError, OSError):
        raise
    except Exception as error:
        log.warning("the cached manifest of environment %s is damaged: %r", environment_id, error)
        return None


def _name(environment_id: str) -> str:
    return f"manifest:{environment_id}"
