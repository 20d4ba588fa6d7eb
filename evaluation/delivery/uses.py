"""When API keys were used, since that was last said: one assignment for each use, whoever looks later collects."""

import time
from collections.abc import Iterable, Mapping


class Uses:
    """Safe in threads. Keys by whatever names them where this is kept; moments in seconds since the epoch."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}

    def note(self, name: str) -> None:
        self._used[name] = time.time()

    def take(self, used: Mapping[str, float]) -> None:
        """What others tell, or what could not be said."""
        for name, moment in used.items():
            self._used[name] = max(moment, self._used.get(name, 0.0))

    def hand_on(self, open_now: Iterable[str] = ()) -> dict[str, float]:
        """All that is not said yet. Whoever holds a stream open uses its key now."""
        used, self._used = self._used, {}
        return dict(used) | dict.fromkeys(open_now, time.time())
