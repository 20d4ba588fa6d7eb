"""By which way a client hears of changes: the best that works, and up again as soon as a better one does."""

from math import inf
from typing import Literal

Way = Literal["streaming", "long_poll", "polling"]
WAYS: tuple[Way, ...] = ("streaming", "long_poll", "polling")

# A stream that lasted so long was a good one.
GOOD_SECONDS = 10.0
# So many that were cut before, one after the other, and the next way is taken.
MOST_CUT = 3
# A better way is tried again at once when a lower one begins to work, then so often.
PROBE_SECONDS = 60.0


class Ladder:
    """Pure: moments are seconds of whatever clock, only never of two. `top` is the best way that is wanted."""

    def __init__(self, top: Way) -> None:
        self._ways = WAYS[WAYS.index(top) :]
        self._rung = 0
        self._cut = 0
        self._next_probe = inf

    @property
    def top(self) -> Way:
        return self._ways[0]

    @property
    def way(self) -> Way:
        return self._ways[self._rung]

    def worked(self, now: float) -> None:
        """This way got something through, to the end."""
        self._cut = 0
        if self._rung and self._next_probe == inf:
            self._next_probe = now

    def was_cut(self) -> None:
        """This way is not let through to the end; after some times the next is taken."""
        self._cut += 1
        if self._cut >= MOST_CUT:
            self.step_down()

    def step_down(self) -> None:
        """To the next way; the last one stays whatever happens."""
        self._cut = 0
        if self._rung < len(self._ways) - 1:
            self._rung, self._next_probe = self._rung + 1, inf

    def probe_is_due(self, now: float) -> bool:
        """Whether to see if the best way is let through by now."""
        return now >= self._next_probe

    def probe_failed(self, now: float) -> None:
        self._next_probe = now + PROBE_SECONDS

    def climb(self) -> None:
        """Back to the best way."""
        self._rung, self._cut, self._next_probe = 0, 0, inf
