"""How requests ended, by the variants that they were served: what guardrails look at."""

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

# As many as a batch of telemetry may hold; what is served beyond is not counted until the next batch.
MOST_SERVED = 1_000


class Served(NamedTuple):
    flag: str
    variant: str


class Outcomes:
    """Every method may be called from any thread."""

    def __init__(self) -> None:
        self.after_fork()

    def after_fork(self) -> None:
        """Begin with nothing: what a parent has not told yet, it tells itself."""
        self._lock = threading.Lock()
        self._requests: Counter[Served] = Counter()
        self._errors: Counter[Served] = Counter()

    def count(self, served: Iterable[Served], *, has_failed: bool) -> None:
        """One request that was served these variants has ended."""
        with self._lock:
            for each in served:
                if each in self._requests or len(self._requests) < MOST_SERVED:
                    self._requests[each] += 1
                    self._errors[each] += has_failed

    @property
    def has_some(self) -> bool:
        return bool(self._requests)

    def take(self) -> list[dict[str, Any]]:
        """The `errors` of a batch of telemetry: what was counted since it was taken last."""
        with self._lock:
            requests, errors = self._requests, self._errors
            self._requests, self._errors = Counter(), Counter()
        return [{**each._asdict(), "requests": n, "errors": errors[each]} for each, n in requests.items()]
