"""How far versions have come in this process: what the open streams have, and how long it took. Counters alone.

Whoever writes to a stream says so with one call; nothing here grows with the number of streams.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..wire.delays import bucket_of
from .tally import LONG_BOUNDS, Latencies

# Of so many newest versions it is known how long they took.
KEPT_VERSIONS = 8
# An instance that only sends telemetry is forgotten after so long without any.
INSTANCE_SECONDS = 180.0
MOST_INSTANCES = 10_000


@dataclass(slots=True)
class Arrivals:
    """One version: when this process heard of it (epoch and monotonic seconds), and how long its streams then took."""

    heard: float
    begun: float
    delays: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Spread:
    """One environment. `instances` are those that tell by telemetry alone: version and monotonic seconds, the oldest first."""

    holds: int = 0
    streams: dict[int, int] = field(default_factory=dict)
    instances: "OrderedDict[str, tuple[int, float]]" = field(default_factory=OrderedDict)
    arrivals: "OrderedDict[int, Arrivals]" = field(default_factory=OrderedDict)


class Reach:
    """Call it on the loop that serves; `hear` and `note` from any thread. `changed` names what is new since it was cleared."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.spreads: dict[str, Spread] = {}
        self.changed: set[str] = set()
        # From hearing of a version until a stream has it, of all streams since this process began.
        self.fan_out = Latencies(LONG_BOUNDS)

    def hear(self, environment_id: str, version: int) -> None:
        """This process serves the version from now on."""
        spread = self._spread(environment_id)
        if version in spread.arrivals or version < spread.holds:
            return
        spread.holds = version
        spread.arrivals[version] = Arrivals(time.time(), self._clock())
        while len(spread.arrivals) > KEPT_VERSIONS:
            spread.arrivals.popitem(last=False)
        self.changed.add(environment_id)

    def move(self, environment_id: str, before: int | None, after: int | None, streams: int = 1) -> None:
        """So many streams have the version `after` in place of `before`; None: not open, or nothing written yet.

        What a stream begins with is no arrival: nobody waited for it.
        """
        if before == after:
            return
        spread = self._spread(environment_id)
        if before is not None:
            left = spread.streams.get(before, 0) - streams
            if left > 0:
                spread.streams[before] = left
            else:
                spread.streams.pop(before, None)
        if after is not None:
            spread.streams[after] = spread.streams.get(after, 0) + streams
            spread.holds = max(spread.holds, after)
            if before is not None and (arrivals := spread.arrivals.get(after)):
                delay = self._clock() - arrivals.begun
                self.fan_out.take(delay, streams)
                bucket = bucket_of(delay)
                arrivals.delays[bucket] = arrivals.delays.get(bucket, 0) + streams
        self.changed.add(environment_id)

    def note(self, environment_id: str, instance: str, version: int) -> None:
        """An instance without a stream tells which version it has."""
        instances = self._spread(environment_id).instances
        instances.pop(instance, None)
        instances[instance] = (version, self._clock())
        while len(instances) > MOST_INSTANCES:
            instances.popitem(last=False)
        self.changed.add(environment_id)

    def seen(self, environment_id: str) -> dict[str, Any]:
        """What there is to report of an environment, as docs/relay.md shows it."""
        spread = self._spread(environment_id)
        return {
            "holds": spread.holds,
            "streams": {str(version): count for version, count in list(spread.streams.items())},
            "instances": self._instances(spread),
            "arrivals": {
                str(version): {"heard": arrivals.heard, "delays": _keyed(arrivals.delays)}
                for version, arrivals in list(spread.arrivals.items())
                if arrivals.delays
            },
        }

    def forget(self, environment_id: str) -> None:
        self.spreads.pop(environment_id, None)
        self.changed.discard(environment_id)

    def _instances(self, spread: Spread) -> dict[str, int]:
        oldest = self._clock() - INSTANCE_SECONDS
        counts: dict[str, int] = {}
        for instance, (version, at) in list(spread.instances.items()):
            if at < oldest:
                spread.instances.pop(instance, None)
            else:
                counts[str(version)] = counts.get(str(version), 0) + 1
        return counts

    def _spread(self, environment_id: str) -> Spread:
        spread = self.spreads.get(environment_id)
        return spread if spread is not None else self.spreads.setdefault(environment_id, Spread())


def _keyed(delays: dict[int, int]) -> dict[str, int]:
    return {str(bucket): count for bucket, count in list(delays.items())}
