"""Durations as a sketch: counts by order of magnitude, of which those of many processes may be added up.

A value of n nanoseconds falls into bucket ⌈log n / log g⌉ with g = 1.02 / 0.98, so that whatever is read out is within 2 %.
"""

import json
from base64 import b64encode
from collections import Counter
from math import ceil, log

ACCURACY = 0.02
GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_LOG_GAMMA = log(GAMMA)


class Sketch:
    """DDSketch (Masson, Rim, Lee 2019) with buckets from a nanosecond up; at most some hundreds of them ever exist."""

    def __init__(self) -> None:
        self.buckets: Counter[int] = Counter()

    def add(self, nanoseconds: int) -> None:
        self.buckets[ceil(log(max(1, nanoseconds)) / _LOG_GAMMA)] += 1

    def merge(self, other: "Sketch") -> None:
        self.buckets.update(other.buckets)

    def quantile(self, share: float) -> float:
        """The nanoseconds that this share (0 … 1) took at most; 0 for nothing."""
        wanted, seen = share * (self.buckets.total() - 1), 0
        for bucket, count in sorted(self.buckets.items()):
            seen += count
            if seen > wanted:
                return 2 * GAMMA**bucket / (GAMMA + 1)
        return 0.0

    def as_text(self) -> str:
        """Base64 of `{"gamma": g, "buckets": {"<bucket>": count}}`."""
        document = {"gamma": GAMMA, "buckets": {str(bucket): count for bucket, count in sorted(self.buckets.items())}}
        return b64encode(json.dumps(document, separators=(",", ":")).encode()).decode()
