"""Buckets of requests: so many may come at once, and they come back one by one. In Redis for all processes, where there is one.

A bucket is one number: when it is full again (the generic cell rate algorithm). So a full one costs nothing.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from threading import Lock
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from tenants.breaker import redis_breaker

SECOND = 1_000_000
# Of those that asked longest ago the bucket is forgotten, which fills it.
MOST_BUCKETS = 10_000

# One round trip, and nobody comes in between. Redis' own clock: those of several machines may differ.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local after = full + tonumber(ARGV[1])
if after - now > tonumber(ARGV[2]) then return {0, full - now} end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, after - now}
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """`per_minute` requests, from 1 on, all of which may come at once."""

    name: str
    per_minute: int

    @property
    def interval(self) -> int:
        """In microseconds: how long one request takes to come back."""
        return 60 * SECOND // self.per_minute


@dataclass(frozen=True, slots=True)
class Take:
    """One request, admitted or not. `empty` is how long the bucket takes to be full again, in microseconds."""

    policy: Policy
    is_admitted: bool
    empty: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        most, name = self.policy.per_minute, self.policy.name
        left = (most * self.policy.interval - self.empty) // self.policy.interval
        return {
            "RateLimit-Policy": f'"{name}";q={most};w=60',
            "RateLimit": f'"{name}";r={left};t={ceil(self.empty / SECOND)}',
        }

    @property
    def retry_after(self) -> int:
        """In whole seconds from 1 on, until the next request is admitted."""
        waits = self.empty + self.policy.interval - self.policy.per_minute * self.policy.interval
        return max(1, ceil(waits / SECOND))


def take(policy: Policy, who: str) -> Take:
    """Count one request of somebody. Where Redis is away or silent, this process counts for itself."""
    shared = redis_breaker.call(lambda: _take_shared(policy, who)) if settings.REDIS_URL else None
    return shared or _take_here(policy, who)


def _take_shared(policy: Policy, who: str) -> Take:
    script = _script(settings.REDIS_URL)
    admitted, empty = script(
        keys=[f"flagforge:bucket:{policy.name}:{who}"], args=[policy.interval, policy.per_minute * policy.interval]
    )
    return Take(policy, bool(admitted), int(empty))


@lru_cache(maxsize=4)
def _script(url: str) -> Any:
    # Tried once: whoever asks waits for the answer.
    client: Any = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **settings.REDIS_OPTIONS)
    return client.register_script(TAKE)


_full_at: dict[tuple[str, str], int] = {}
_lock = Lock()


def _take_here(policy: Policy, who: str) -> Take:
    now = time.monotonic_ns() // 1000
    with _lock:
        full = max(_full_at.pop((policy.name, who), 0), now)
        after = full + policy.interval
        is_admitted = after - now <= policy.per_minute * policy.interval
        while len(_full_at) >= MOST_BUCKETS:
            del _full_at[next(iter(_full_at))]
        _full_at[policy.name, who] = after if is_admitted else full
    return Take(policy, is_admitted, (after if is_admitted else full) - now)


def forget_everything() -> None:
    """For tests that begin with an empty process."""
    _full_at.clear()
