"""How fast a release burns its error budget, over several windows at once: a long one so that a single failure is no alarm, a
short one so that a fault which is over is none either. Pure: the time is an argument.

After "Alerting on SLOs" in Google's Site Reliability Workbook, with windows that fit into a release.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Window:
    """Burns when both the last `long` and the last `short` seconds used the budget `burn` times as fast as it lasts."""

    long: float
    short: float
    burn: float


WINDOWS = (Window(300, 60, 14.4), Window(1800, 300, 6))
# Fewer answers than this say nothing.
FEWEST = 20


@dataclass
class Budget:
    """`objective` is the share of requests that must succeed."""

    objective: float = 0.999
    windows: Sequence[Window] = WINDOWS
    fewest: int = FEWEST
    _seconds: deque[tuple[float, int, int]] = field(default_factory=deque)

    def add(self, now: float, answers: Iterable[bool]) -> None:
        """What came since the last time; each True is a success."""
        came = list(answers)
        if came:
            self._seconds.append((now, len(came), came.count(False)))
        oldest = now - max(window.long for window in self.windows)
        while self._seconds and self._seconds[0][0] < oldest:
            self._seconds.popleft()

    def burn(self, now: float, seconds: float) -> float:
        """How many times as fast as allowed, over the last seconds; 0 where too few answers came."""
        asked, failed = self.counts(now, seconds)
        return failed / asked / (1 - self.objective) if asked >= self.fewest else 0.0

    def counts(self, now: float, seconds: float) -> tuple[int, int]:
        """All answers, and those that failed."""
        since = [one for one in self._seconds if one[0] > now - seconds]
        return sum(asked for _, asked, _ in since), sum(failed for _, _, failed in since)

    def burning(self, now: float) -> Window | None:
        """The window over which it burns too fast; None while all is well."""
        for window in self.windows:
            if all(self.burn(now, seconds) >= window.burn for seconds in (window.long, window.short)):
                return window
        return None
