"""What an open page is told of one environment: the names of the flags that changed, never what they are."""

import json
from collections.abc import Collection

from evaluation.dashboard.shown import Shown
from evaluation.delivery.held import Held
from evaluation.delivery.replay import Replay

# Beyond this many a page looks at everything again.
MOST_NAMES = 200


class Changes:
    """One environment as one socket has heard of it. `shown` is what the page shows from its beginning; None: nobody knows."""

    def __init__(self, environment: str, shown: Shown | None = None) -> None:
        self.environment = environment
        self.shown = shown or Shown()
        self.version: int | None = None

    def next(self, held: Held, replay: Replay) -> str | None:
        """The frame that brings the page to `held`; None when it is there already, or shows nothing else."""
        before, self.version = self.version, held.version
        if before == held.version or self.shown.has(held, self.environment):
            return None
        if before is None and self.shown.is_younger(held):
            return None
        delta = replay.delta(before, held)
        if delta is None or len(delta["flags"]) + len(delta["removed_flags"]) > MOST_NAMES:
            return self._frame(held, [], [], whole=True)
        return self._frame(held, delta["flags"], delta["removed_flags"])

    def _frame(self, held: Held, flags: Collection[str], removed: Collection[str], *, whole: bool = False) -> str:
        frame = {
            "type": "changed",
            "environment": self.environment,
            "version": held.version,
            "flags": sorted(flags),
            "removed": sorted(removed),
            "whole": whole,
        }
        return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
