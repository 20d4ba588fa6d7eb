"""What keys with limits, and organizations with limits, have used of this process. A key without any never comes here."""

import contextlib
import time
from collections import Counter
from collections.abc import Generator, Iterator
from threading import Lock

from ..wire.limits import KEY, ORGANIZATION, Bucket, Limits, Whose, joined, too_many_streams
from ..wire.replies import Headers
from .held import HeldKey

# Of those that asked longest ago the bucket is forgotten, which fills it.
MOST_BUCKETS = 10_000


class Limiter:
    """Safe in threads. `hits` counts what was refused, by what there was too much of."""

    def __init__(self) -> None:
        self.hits = Counter({"requests": 0, "streams": 0})
        self._buckets: dict[str, Bucket] = {}
        self._streams: Counter[str] = Counter()
        self._lock = Lock()

    def admit(self, key: HeldKey) -> Headers:
        """Count one request, and say what is left; raises `Refused` (429) where none is."""
        told: list[Headers] = []
        for whose, name, limits in _limits_of(key):
            if limits.requests_per_second:
                told.append(self._take(whose, name, limits))
        return joined(told)

    @contextlib.contextmanager
    def streaming(self, key: HeldKey) -> Generator[None, None, None]:
        """Around one open stream; raises `Refused` (429) where as many are open as may be."""
        with contextlib.ExitStack() as opened:
            for whose, name, limits in _limits_of(key):
                if limits.streams:
                    self._open(whose, name, limits)
                    opened.callback(self._close, name)
            yield

    def _take(self, whose: Whose, name: str, limits: Limits) -> Headers:
        with self._lock:
            bucket = self._bucket(name, limits)
            if bucket.take(limits, time.monotonic()):
                return bucket.told(limits, whose)
            self.hits["requests"] += 1
            raise bucket.refused(limits, whose)

    def _bucket(self, name: str, limits: Limits) -> Bucket:
        bucket = self._buckets.pop(name, None) or Bucket(limits, time.monotonic())
        while len(self._buckets) >= MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[name] = bucket
        return bucket

    def _open(self, whose: Whose, name: str, limits: Limits) -> None:
        with self._lock:
            if self._streams[name] >= limits.streams:
                self.hits["streams"] += 1
                raise too_many_streams(limits, whose)
            self._streams[name] += 1

    def _close(self, name: str) -> None:
        with self._lock:
            self._streams[name] -= 1
            if not self._streams[name]:
                del self._streams[name]


def _limits_of(key: HeldKey) -> Iterator[tuple[Whose, str, Limits]]:
    """The key's own first: what it is refused for takes nothing from the others of its organization."""
    if key.limits is not None:
        yield KEY, key.sha256, key.limits
    if key.organization_limits is not None:
        yield ORGANIZATION, f"organization {key.organization_id}", key.organization_limits
