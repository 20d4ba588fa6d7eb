"""What a process answered: how often, with which status and how fast, by door. Cheap enough for answers of microseconds."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from ..wire import ofrep
from ..wire.convergence import REPORT
from ..wire.relays import KEYS
from ..wire.telemetry import EVENTS

# Upper bounds of latencies in seconds.
BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
# Of what takes longer than an answer: publishing a change, and telling everybody.
LONG_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
FLAGS = "/api/v1/sdk/flags"
DOORS = {
    FLAGS: "flags",
    "/api/v1/sdk/ruleset": "ruleset",
    "/api/v1/sdk/stream": "stream",
    "/api/v1/sdk/relay/stream": "relay_stream",
    "/api/v1/sdk/poll": "poll",
    EVENTS: "events",
    "/ws/sdk": "websocket",
    ofrep.FLAGS: "ofrep_flags",
    ofrep.STREAM: "ofrep_stream",
    "/.well-known/flagforge/jwks.json": "jwks",
    "/livez": "probe",
    "/readyz": "probe",
    "/status": "probe",
    "/metrics": "probe",
    REPORT: "report",
}
# What lies in them is of one door.
ROOMS = {FLAGS: "flag", ofrep.FLAGS: "ofrep_flag", KEYS.rstrip("/"): "relay_key"}
# The doors that evaluate.
EVALUATING = ("flags", "flag", "ofrep_flags", "ofrep_flag")


def door_of(path: str) -> str:
    """One of a few names, whatever is asked for: a name is a series in a time-series database."""
    return DOORS.get(path) or ROOMS.get(path.rpartition("/")[0], "other")


class Latencies:
    """How many took up to each of the bounds (the last: longer), and all of them together in seconds."""

    __slots__ = ("bounds", "counts", "seconds")

    def __init__(self, bounds: Sequence[float] = BOUNDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.seconds = 0.0

    def take(self, seconds: float, count: int = 1) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += count
        self.seconds += seconds * count

    def add(self, other: "Latencies") -> None:
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.seconds += other.seconds


class Tally:
    """For one thread, or under a lock of its owner's: nothing here waits for one."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], Latencies] = {}

    def count(self, path: str, status: int, seconds: float) -> None:
        self.count_at(door_of(path), status, seconds)

    def count_at(self, door: str, status: int, seconds: float) -> None:
        found = self._found.get((door, status)) or self._found.setdefault((door, status), Latencies())
        found.take(seconds)

    def answers(self) -> Iterator[tuple[str, int, int]]:
        """Door, status, how many."""
        for (door, status), found in sorted(self._found.items(), key=lambda item: item[0]):
            yield door, status, sum(found.counts)

    def latencies(self) -> Mapping[str, Latencies]:
        """By door, whatever the status."""
        doors: dict[str, Latencies] = {}
        for (door, _), found in sorted(self._found.items(), key=lambda item: item[0]):
            doors.setdefault(door, Latencies()).add(found)
        return doors

    def answered(self, status: int) -> int:
        """How many questions for values were answered so."""
        return sum(count for door, seen, count in self.answers() if door in EVALUATING and seen == status)
