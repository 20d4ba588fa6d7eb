"""How far a page looks back. It is chosen by a link, so that its address shows a colleague the same."""

from dataclasses import dataclass
from datetime import datetime

from analytics.selectors import STEPS, Window


@dataclass(frozen=True, slots=True)
class Range:
    """So many steps, of which the last is the one that now lies in."""

    name: str
    words: str
    step: str
    count: int

    def window(self, now: datetime) -> Window:
        level = STEPS[self.step]
        last = level.start_of(now)
        return Window(self.step, last - (self.count - 1) * level.length, last + level.length)


RANGES = (
    Range("hour", "60 minutes", "minute", 60),
    Range("day", "24 hours", "hour", 24),
    Range("week", "7 days", "day", 7),
    Range("month", "30 days", "day", 30),
)
USUAL = RANGES[1]


def range_named(name: str | None) -> Range:
    """The usual one for a name that there is not."""
    return next((each for each in RANGES if each.name == name), USUAL)
