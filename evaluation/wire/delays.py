"""How long something took, as counts in buckets that grow by a fifth: small to send, and good to a tenth."""

import math
from bisect import bisect_left
from collections.abc import Iterable

FIRST_SECONDS, GROWTH, COUNT = 0.001, 1.2, 75
ROOT = math.sqrt(GROWTH)
# The upper ends; the last is about a quarter of an hour, and holds whatever took longer.
ENDS: tuple[float, ...] = tuple(FIRST_SECONDS * GROWTH**n for n in range(COUNT))


def bucket_of(seconds: float) -> int:
    return min(bisect_left(ENDS, seconds), COUNT - 1)


def seconds_of(bucket: int) -> float:
    """The middle of a bucket, by ratio."""
    return ENDS[bucket] / ROOT


def percentile(delays: Iterable[tuple[float, int]], share: float) -> float | None:
    """The delay within which this share arrived; `delays` are seconds with their counts. None where nothing is counted."""
    ordered = sorted(delays)
    wanted = share * sum(count for _, count in ordered)
    passed = 0
    for seconds, count in ordered:
        passed += count
        if passed >= wanted:
            return seconds
    return None
