"""What a soak looks for: updates that somebody never heard of, memory that grows, descriptors that are not given back."""

import contextlib
import json
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from script.processes import resident_bytes_of

# An update that took longer is as good as lost.
DEADLINE_SECONDS = 10.0
# Between what is called flat and growth lie what caches fill with, and the noise of the allocator.
GROWTH_SHARE, GROWTH_BYTES, GROWTH_DESCRIPTORS = 0.10, 8_000_000, 5


class Ear(threading.Thread):
    """A client that holds a stream open, and comes back where it ends. `heard` has each version of the flag, and when."""

    def __init__(self, url: str, key: str, flag: str) -> None:
        super().__init__(daemon=True)
        self.url, self.key, self.flag = url, key, flag
        self.heard: list[tuple[int, float]] = []
        self.ended = 0
        self.has_begun, self.is_over = threading.Event(), False
        self.start()

    def run(self) -> None:
        last = ""
        while not self.is_over:
            with contextlib.suppress(httpx.TransportError):
                headers = {"X-API-Key": self.key, **({"Last-Event-ID": last} if last else {})}
                with httpx.stream("GET", f"{self.url}/api/v1/sdk/stream", headers=headers, timeout=60) as answer:
                    for line in answer.iter_lines():
                        last = line.removeprefix("id: ") if line.startswith("id: ") else last
                        if line.startswith("data: "):
                            self._take(json.loads(line.removeprefix("data: ")), time.monotonic())
                        if self.is_over:
                            return
            self.ended += 1
            time.sleep(0.1)

    def _take(self, document: Mapping[str, object], now: float) -> None:
        rules = document.get("manifest", document)
        flags = rules.get("flags") if isinstance(rules, dict) else None
        if isinstance(flags, dict) and self.flag in flags:
            self.heard.append((flags[self.flag]["version"], now))
        self.has_begun.set()


@dataclass
class Updates:
    """What was changed: versions of the flag, and when each was asked for."""

    made: list[tuple[int, float]] = field(default_factory=list)

    def delays(self, ear: Ear) -> list[float]:
        """How long each took to this client; infinite for one that it did not hear of in time, nor of a later one."""
        heard = list(ear.heard)
        found = []
        for version, at in self.made:
            arrivals = (moment - at for known, moment in heard if known >= version)
            delay = min(arrivals, default=float("inf"))
            found.append(delay if delay <= DEADLINE_SECONDS else float("inf"))
        return found


class Gauge:
    """Memory and descriptors of one process, as it was looked at."""

    def __init__(self, name: str, pid: int) -> None:
        self.name, self.pid = name, pid
        self.memory: list[int] = []
        self.descriptors: list[int] = []

    def look(self) -> None:
        """Raises RuntimeError where the process is gone."""
        try:
            self.descriptors.append(len(list(Path(f"/proc/{self.pid}/fd").iterdir())))
        except OSError:
            raise RuntimeError(f"{self.name} has ended") from None
        self.memory.append(resident_bytes_of(self.pid))

    def faults(self) -> list[str]:
        """What grew from the second quarter to the last; in the first everything warms up."""
        found = []
        before, after = _quarters(self.memory)
        if after > before * (1 + GROWTH_SHARE) + GROWTH_BYTES:
            found.append(f"{self.name}: memory grew from {before / 1e6:.0f} to {after / 1e6:.0f} MB")
        before, after = _quarters(self.descriptors)
        if after > before + GROWTH_DESCRIPTORS:
            found.append(f"{self.name}: descriptors grew from {before:.0f} to {after:.0f}")
        return found


def _quarters(numbers: Sequence[int]) -> tuple[float, float]:
    """The medians of the second quarter and of the last."""
    size = max(1, len(numbers) // 4)
    return statistics.median(numbers[size : 2 * size] or numbers), statistics.median(numbers[-size:])


def percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """Half, 95 and 99 of 100, in milliseconds; of what arrived."""
    arrived = sorted(each for each in seconds if each != float("inf"))
    if len(arrived) < 2:
        return (arrived[0] * 1000,) * 3 if arrived else (float("nan"),) * 3
    cuts = statistics.quantiles(arrived, n=100)
    return cuts[49] * 1000, cuts[94] * 1000, cuts[98] * 1000
