"""How often each answer was given, summed up from counters that threads count on without waiting for each other."""

import threading
import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar

from ...core.model import Answer
from ..lifetime import State
from .sketch import Sketch

Kind = TypeVar("Kind")


class Given(NamedTuple):
    """What was answered; `reason` is the error code where there is no reason."""

    flag: str
    variant: str
    reason: str
    version: int


class Counted(Protocol):
    """What is answered from, and counts it."""

    @property
    def tallies(self) -> Mapping[Answer, Iterator[int]]: ...
    @property
    def unknown(self) -> Mapping[str, Iterator[int]]: ...
    @property
    def latencies(self) -> deque[int]: ...
    @property
    def state(self) -> State: ...


@dataclass(slots=True)
class _Record:
    """The counters of what is answered from and how far they were read; not that itself, which holds a whole ruleset.

    Who had taken it before it was replaced may count on it, for the length of a request; `find` gives None after that.
    """

    find: Callable[[], Counted | None]
    tallies: Mapping[Answer, Iterator[int]]
    unknown: Mapping[str, Iterator[int]]
    latencies: deque[int]
    state: State
    read: dict[object, int] = field(default_factory=dict)


class Ledger:
    """`by_state` and `totals` only ever grow. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[_Record] = []
        self.totals: Counter[tuple[str, str, str]] = Counter()
        self.by_state: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self._pending: Counter[Given] = Counter()
        self._pending_unknown: Counter[str] = Counter()
        self.latency, self._pending_latency = Sketch(), Sketch()

    def after_fork(self) -> None:
        """The counts so far are the parent's to tell."""
        self._lock = threading.Lock()
        self.read()
        self._pending, self._pending_unknown, self._pending_latency = Counter(), Counter(), Sketch()

    def open(self, counted: Counted) -> None:
        """From now on, and for as long as anybody holds it, this one is answered from."""
        with self._lock:
            found = weakref.ref(counted)
            self._records.append(_Record(found, counted.tallies, counted.unknown, counted.latencies, counted.state))

    def read(self) -> None:
        """Bring the sums up to date."""
        with self._lock:
            held = [record for record in self._records if record.find() is not None]
            for record in self._records:
                self._read(record)
            self._records = held

    def take(self, most: int, most_unknown: int) -> tuple[dict[Given, int], Counter[str], Sketch]:
        """What was given and which unknown flags were asked for (so many kinds at most, the others next time), and how long
        it took, since it was taken last."""
        with self._lock:
            given, self._pending = _split(self._pending, most)
            unknown, self._pending_unknown = _split(self._pending_unknown, most_unknown)
            latency, self._pending_latency = self._pending_latency, Sketch()
        return given, unknown, latency

    def _read(self, record: _Record) -> None:
        for answer, tally in list(record.tallies.items()):
            if new := _news(record, answer, tally):
                given = Given(answer.key, answer.variant, answer.reason or answer.error_code or "", answer.version)
                self.totals[given[:3]] += new
                self.by_state[record.state] += new
                self._pending[given] += new
        for key, tally in list(record.unknown.items()):
            if new := _news(record, key, tally):
                self.unknown[key] += new
                self._pending_unknown[key] += new
        while record.latencies:
            nanoseconds = record.latencies.popleft()
            self.latency.add(nanoseconds)
            self._pending_latency.add(nanoseconds)


def _split(counted: Counter[Kind], most: int) -> tuple[Counter[Kind], Counter[Kind]]:
    """The first so many kinds, and the others."""
    kinds = list(counted.items())
    return Counter(dict(kinds[:most])), Counter(dict(kinds[most:]))


def _news(record: _Record, name: object, tally: Iterator[int]) -> int:
    """How far the counter went since it was read last."""
    counted = int(repr(tally)[len("count(") : -1])  # the one way to look at a counter without moving it
    new = counted - record.read.get(name, 0)
    record.read[name] = counted
    return new
