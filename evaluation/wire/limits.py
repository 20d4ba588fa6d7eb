"""What one key, or all of an organization, may use of one process, as a bucket of tokens, and what a client is told of it.

The headers are those of draft-ietf-httpapi-ratelimit-headers. `Retry-After` is always a whole number of seconds from 1 on:
nothing else is understood by all of OpenFeature's clients.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from .problems import Refused, problem
from .replies import Headers

POLICY, LEFT = "RateLimit-Policy", "RateLimit"
MEMBERS = ("requests_per_second", "burst", "streams")
# Nobody knows when another stream of the key ends.
STREAM_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """0 means no limit. `burst` requests may come at once; from then on they come back one by one."""

    requests_per_second: int = 0
    burst: int = 0
    streams: int = 0


@dataclass(frozen=True, slots=True)
class Whose:
    """How a limit is called: in words, and in headers."""

    subject: str
    verb: str
    requests: str
    streams: str


KEY = Whose("This API key", "holds", "requests", "streams")
ORGANIZATION = Whose("All API keys of this organization together", "hold", "organization", "organization-streams")


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

    def told(self, limits: Limits, whose: Whose = KEY) -> Headers:
        """How many may come at once, how many are left, and in how many seconds all of them are back."""
        rate, left, name = limits.requests_per_second, int(self.tokens), whose.requests
        return (
            (POLICY, f'"{name}";q={limits.burst};w={ceil(limits.burst / rate)}'),
            (LEFT, f'"{name}";r={left};t={ceil((limits.burst - self.tokens) / rate)}'),
        )

    def refused(self, limits: Limits, whose: Whose = KEY) -> Refused:
        rate = limits.requests_per_second
        detail = (
            f"{whose.subject} may ask {rate:,} times a second here, {limits.burst:,} times at once. Come back later."
        )
        headers = (("Retry-After", str(max(1, ceil((1 - self.tokens) / rate)))), *self.told(limits, whose))
        return Refused(problem(429, "too-many-requests", "Too many requests", detail, headers=headers))


def joined(told: Sequence[Headers]) -> Headers:
    """What several buckets tell, each header once, as the list that it is."""
    if len(told) < 2:
        return told[0] if told else ()
    return tuple((name, ", ".join(dict(each)[name] for each in told)) for name in (POLICY, LEFT))


def too_many_streams(limits: Limits, whose: Whose = KEY) -> Refused:
    """For whoever opens one more."""
    detail = f"{whose.subject} may hold {limits.streams:,} streams open at once here, and {whose.verb} them."
    headers = (
        ("Retry-After", str(STREAM_RETRY_SECONDS)),
        (POLICY, f'"{whose.streams}";q={limits.streams};qu="concurrent-requests"'),
        (LEFT, f'"{whose.streams}";r=0'),
    )
    return Refused(problem(429, "too-many-streams", "Too many streams", detail, headers=headers))
