"""How long to wait before the next attempt: longer each time, and never all at the same moment."""

import random

FIRST_SECONDS = 0.25
LONGEST_SECONDS = 15.0


class Backoff:
    """Waits for one connection."""

    def __init__(self, *, longest_seconds: float = LONGEST_SECONDS) -> None:
        self.longest_seconds = longest_seconds
        self._attempts = 0

    def succeeded(self) -> None:
        self._attempts = 0

    def next_seconds(self) -> float:
        """Between half of the wait and all of it; the wait doubles with each failure."""
        longest = min(self.longest_seconds, FIRST_SECONDS * 2**self._attempts)
        self._attempts = min(self._attempts + 1, 16)
        return random.uniform(longest / 2, longest)  # noqa: S311  (nobody gains from guessing it)
