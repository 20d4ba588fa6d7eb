"""What one key may use of one process, as a bucket of tokens, and what a client is told of it.

The headers are those of draft-ietf-httpapi-ratelimit-headers. `Retry-After` is always a whole number of seconds from 1 on:
nothing else is understood by all of OpenFeature's clients.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from .problems import Refused, problem
from .replies import Headers

MEMBERS = ("requests_per_second", "burst", "streams")
# Nobody knows when another stream of the key ends.
STREAM_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """0 means no limit. `burst` requests may come at once; from then on they come back one by one."""

    requests_per_second: int = 0
    burst: int = 0
    streams: int = 0


def limits_of(told: object) -> Limits | None:
    """Limits as a key carries them, `{"requests_per_second", "burst", "streams"}`; None where nothing is limited."""
    if not isinstance(told, Mapping):
        return None
    rate, burst, streams = (_number(told.get(name)) for name in MEMBERS)
    return Limits(rate, burst or rate, streams) if rate or streams else None


def _number(value: Any) -> int:
    return value if type(value) is int and value > 0 else 0


class Bucket:
    """The requests of one key that may still come; `now` is in seconds, of a clock that never goes back."""

    __slots__ = ("_at", "tokens")

    def __init__(self, limits: Limits, now: float) -> None:
        self.tokens = float(limits.burst)
        self._at = now

    def take(self, limits: Limits, now: float) -> bool:
        """Whether one more request may come now."""
        self.tokens = min(limits.burst, self.tokens + (now - self._at) * limits.requests_per_second)
        self._at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def told(self, limits: Limits) -> Headers:
        """How many may come at once, how many are left, and in how many seconds all of them are back."""
        rate, left = limits.requests_per_second, int(self.tokens)
        return (
            ("RateLimit-Policy", f'"requests";q={limits.burst};w={ceil(limits.burst / rate)}'),
            ("RateLimit", f'"requests";r={left};t={ceil((limits.burst - self.tokens) / rate)}'),
        )

    def refused(self, limits: Limits) -> Refused:
        rate = limits.requests_per_second
        detail = f"This API key may ask {rate:,} times a second here, {limits.burst:,} times at once. Come back later."
        headers = (("Retry-After", str(max(1, ceil((1 - self.tokens) / rate)))), *self.told(limits))
        return Refused(problem(429, "too-many-requests", "Too many requests", detail, headers=headers))


def too_many_streams(limits: Limits) -> Refused:
    """For whoever opens one more."""
    detail = f"This API key may hold {limits.streams:,} streams open at once here, and holds them."
    headers = (
        ("Retry-After", str(STREAM_RETRY_SECONDS)),
        ("RateLimit-Policy", f'"streams";q={limits.streams};qu="concurrent-requests"'),
        ("RateLimit", '"streams";r=0'),
    )
    return Refused(problem(429, "too-many-streams", "Too many streams", detail, headers=headers))
