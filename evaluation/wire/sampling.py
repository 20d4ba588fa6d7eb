"""A bounded uniform sample of contexts: of however many were offered, each has the same chance to be among them."""

import random
import threading
from collections.abc import Mapping
from itertools import count
from typing import Any

from .observed import Classes, told

MOST_SAMPLED = 20
# One evaluation in so many is looked at, where they are counted one by one.
LOOKED_AT = 64


class Sample:
    """Vitter's algorithm R (1985). What is kept is written as it may be told at once, so that no value waits anywhere else.

    Every method may be called from any thread.
    """

    def __init__(self, classes: Classes, most: int = MOST_SAMPLED) -> None:
        self.classes, self.most = classes, most
        self.after_fork()

    def after_fork(self) -> None:
        """Begin with nothing: what a parent has not told yet, it tells itself."""
        self._lock = threading.Lock()
        self._offered = 0
        self._kept: list[dict[str, Any]] = []

    def offer(self, context: Mapping[str, Any]) -> None:
        """Keep it, or not; nobody holds it afterwards."""
        with self._lock:
            self._offered += 1
            place = random.randrange(self._offered)  # noqa: S311  (no secret)
            if place >= self.most or not context:
                return
            item = told(context, self.classes)
            if len(self._kept) < self.most:
                self._kept.append(item)
            else:
                self._kept[place] = item

    def take(self) -> list[dict[str, Any]]:
        """The sample of what was offered since it was taken last."""
        with self._lock:
            self._offered, kept, self._kept = 0, self._kept, []
        return kept


class Ticks:
    """Says of one in so many that it is to be looked at; the first one is."""

    def __init__(self, every: int = LOOKED_AT) -> None:
        self._every, self._count = every, count()

    def is_due(self) -> bool:
        return next(self._count) % self._every == 0
