"""Django's cache in Redis, for what may be counted by each process alone while Redis is away: tries to sign in, codes used."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

from tenants.breaker import redis_breaker


class RedisOrHere(RedisCache):
    """Everything goes by these four, and `clear`; what Redis does not answer, the memory of this process does."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._here = LocMemCache("while Redis is away", {})

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        there = redis_breaker.call(lambda: super(RedisOrHere, self).add(key, value, timeout, version))
        return self._here.add(key, value, timeout, version) if there is None else there

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        there = redis_breaker.call(lambda: (super(RedisOrHere, self).get(key, default, version),))
        return self._here.get(key, default, version) if there is None else there[0]

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        there = redis_breaker.call(lambda: (super(RedisOrHere, self).set(key, value, timeout, version),))
        if there is None:
            self._here.set(key, value, timeout, version)

    def delete(self, key: Any, version: Any = None) -> bool:
        """In both: a lock that was taken here while Redis was away must not stay."""
        here = self._here.delete(key, version)
        return bool(redis_breaker.call(lambda: super(RedisOrHere, self).delete(key, version))) or here
