"""What stands before Redis: whoever fails there once leaves it alone for a while, so that an outage costs one wait, not many."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

REST_SECONDS = 5.0
Returned = TypeVar("Returned")

log = logging.getLogger(__name__)


class Breaker:
    """Nothing behind it is a source of truth, so every call may be left out."""

    def __init__(self) -> None:
        self._rests_until = 0.0
        # How often something failed, since this process began.
        self.failures = 0

    @property
    def is_open(self) -> bool:
        """Whether Redis is left alone at the moment."""
        return time.monotonic() < self._rests_until

    def call(self, attempt: Callable[[], Returned]) -> Returned | None:
        """None when it failed, or was not tried because something failed just before."""
        if self.is_open:
            return None
        try:
            return attempt()
        except Exception as error:  # whatever a client of Redis raises, the database has the truth
            self._rests_until = time.monotonic() + REST_SECONDS
            self.failures += 1
            log.warning("Redis is out of reach (%s); leaving it alone for %s s", type(error).__name__, REST_SECONDS)
            return None

    def close(self) -> None:
        """Try again from now on."""
        self._rests_until = 0.0


# One for all of this process: where the cache fails, announcements fail too.
redis_breaker = Breaker()
