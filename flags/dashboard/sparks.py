"""How often a flag was evaluated in the last 24 hours, as a small line and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flags.traffic import HOURS, ByHour

WIDTH, HEIGHT, MARGIN = 96, 24, 2
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Spark:
    """`line` is the path through the whole hours in a box of 96 by 24, from the oldest; flat at the bottom for nothing."""

    total: int
    line: str
    words: str

    @property
    def area(self) -> str:
        """What lies below the line."""
        return f"{self.line} V{HEIGHT} H0 Z"


NOTHING = Spark(0, f"M0 {HEIGHT - MARGIN} H{WIDTH}", "not evaluated in the last 24 hours")


def spark_of(counts: ByHour | None, now: datetime) -> Spark:
    total = sum(counts or ())
    if not counts or not total:
        return NOTHING
    whole = counts[:HOURS]
    return Spark(total, _line(whole), f"{total:,} evaluations in the last 24 hours{_most(whole, now)}")


def _line(counts: Sequence[int]) -> str:
    top = max(counts) or 1
    step = WIDTH / (len(counts) - 1)
    points = [
        f"{place * step:.4g} {HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * count / top:.4g}"
        for place, count in enumerate(counts)
    ]
    return "M" + " L".join(points)


def _most(counts: Sequence[int], now: datetime) -> str:
    if not any(counts):
        return ", all of them in this one"
    begin = now.replace(minute=0, second=0, microsecond=0) - (len(counts) - counts.index(max(counts))) * HOUR
    return f", most in the hour from {begin:%H:%M} UTC"
