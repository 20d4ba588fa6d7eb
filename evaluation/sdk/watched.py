"""Whoever wants to see every answer that is given."""

import logging
from collections.abc import Callable

from ..core.model import Answer
from .evaluations import Source
from .serving import Asker

Watcher = Callable[[Answer, Asker], object]

log = logging.getLogger(__name__)


class Watched:
    """A source that shows each of its answers; what a watcher raises is logged once, and the watcher is asked no more."""

    def __init__(self, beneath: Source, watchers: tuple[Watcher, ...], broken: set[Watcher]) -> None:
        self._beneath, self._watchers, self._broken = beneath, watchers, broken

    def answer(self, key: str, asker: Asker) -> Answer:
        answer = self._beneath.answer(key, asker)
        for watcher in self._watchers:
            if watcher not in self._broken:
                self._show(watcher, answer, asker)
        return answer

    def _show(self, watcher: Watcher, answer: Answer, asker: Asker) -> None:
        try:
            watcher(answer, asker)
        except Exception:
            self._broken.add(watcher)
            log.exception("what watches evaluations broke, and is left alone from now on")

    def all(self, asker: Asker) -> list[Answer]:
        return self._beneath.all(asker)
