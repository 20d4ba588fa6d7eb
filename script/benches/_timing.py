"""Nanoseconds of the processor per call, in several runs, so that what else the machine does counts little.

It needs nothing but Python, and so runs beside any peer.
"""

import time
from collections.abc import Callable

RUNS = 7
SECONDS_PER_RUN = 0.2


def nanoseconds(case: Callable[[], object]) -> list[float]:
    """What one call took on average, in each of the runs."""
    count = _calibrated(case)
    return [_timed(case, count) / count for _ in range(RUNS)]


def _calibrated(case: Callable[[], object]) -> int:
    """How many calls fill a run."""
    count = 1
    while (taken := _timed(case, count)) < SECONDS_PER_RUN * 1e9 / 10:
        count *= 2
    return max(1, int(count * SECONDS_PER_RUN * 1e9 / taken))


def _timed(case: Callable[[], object], count: int) -> int:
    begun = time.process_time_ns()
    for _ in range(count):
        case()
    return time.process_time_ns() - begun
