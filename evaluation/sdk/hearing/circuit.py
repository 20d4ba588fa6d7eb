"""Whether it is worth asking somebody who keeps failing: a circuit breaker without a clock of its own."""

from typing import Literal

FAILURES = 5
OPEN_SECONDS = 5.0

State = Literal["closed", "open", "half-open"]


class Circuit:
    """For one address. Moments are seconds of whatever clock, only never of two.

    Closed until so many attempts failed one after the other; then open, and nobody asks; after a while half-open, and one
    attempt may show whether it closes or opens again.
    """

    def __init__(self, *, failures: int = FAILURES, open_seconds: float = OPEN_SECONDS) -> None:
        self.most_failures, self.open_seconds = failures, open_seconds
        self._failures = 0
        self._opened_at: float | None = None
        self._probing_since: float | None = None

    def state(self, now: float) -> State:
        if self._opened_at is None:
            return "closed"
        return "half-open" if self.wait_seconds(now) == 0 else "open"

    def allows(self, now: float) -> bool:
        """Whether to ask now. Half-open it says so to one; whoever was told yes says how it went, or is taken for lost."""
        state = self.state(now)
        if state != "half-open" or self._is_probing(now):
            return state == "closed"
        self._probing_since = now
        return True

    def wait_seconds(self, now: float) -> float:
        """How long nobody should ask; 0 for whoever may ask now."""
        return 0.0 if self._opened_at is None else max(0.0, self._opened_at + self.open_seconds - now)

    def succeeded(self) -> None:
        self._failures, self._opened_at, self._probing_since = 0, None, None

    def failed(self, now: float) -> None:
        self._failures += 1
        if self._probing_since is not None or self._failures >= self.most_failures:
            self._opened_at, self._probing_since = now, None

    def _is_probing(self, now: float) -> bool:
        return self._probing_since is not None and now - self._probing_since < self.open_seconds
