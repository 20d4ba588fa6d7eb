"""What each key with limits has used of this process. A key without limits never comes here."""

import contextlib
import time
from collections import Counter
from collections.abc import Generator
from threading import Lock

from ..wire.limits import Bucket, Limits, too_many_streams
from ..wire.replies import Headers
from .held import HeldKey

# Of the keys that asked longest ago the bucket is forgotten, which fills it.
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
        limits = key.limits
        if limits is None or not limits.requests_per_second:
            return ()
        with self._lock:
            bucket = self._bucket(key.sha256, limits)
            if bucket.take(limits, time.monotonic()):
                return bucket.told(limits)
            self.hits["requests"] += 1
            raise bucket.refused(limits)

    @contextlib.contextmanager
    def streaming(self, key: HeldKey) -> Generator[None, None, None]:
        """Around one open stream; raises `Refused` (429) where the key holds as many as it may."""
        if key.limits is None or not key.limits.streams:
            yield
            return
        self._open(key.sha256, key.limits)
        try:
            yield
        finally:
            self._close(key.sha256)

    def _bucket(self, sha256: str, limits: Limits) -> Bucket:
        bucket = self._buckets.pop(sha256, None) or Bucket(limits, time.monotonic())
        while len(self._buckets) >= MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[sha256] = bucket
        return bucket

    def _open(self, sha256: str, limits: Limits) -> None:
        with self._lock:
            if self._streams[sha256] >= limits.streams:
                self.hits["streams"] += 1
                raise too_many_streams(limits)
            self._streams[sha256] += 1

    def _close(self, sha256: str) -> None:
        with self._lock:
            self._streams[sha256] -= 1
            if not self._streams[sha256]:
                del self._streams[sha256]
