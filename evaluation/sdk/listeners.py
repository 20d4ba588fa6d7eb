"""Whoever wants to hear of changes in a client."""

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from ..core.model import Flag, Ruleset, Segment

News = TypeVar("News")

log = logging.getLogger(__name__)


class Listeners(Generic[News]):
    """Calls what was added, in the thread that brings the news; what one of them raises keeps it from nobody else."""

    def __init__(self) -> None:
        self._callbacks: tuple[Callable[[News], object], ...] = ()

    def add(self, callback: Callable[[News], object]) -> Callable[[], None]:
        """Returns what takes it away again."""
        self._callbacks = (*self._callbacks, callback)

        def remove() -> None:
            self._callbacks = tuple(each for each in self._callbacks if each is not callback)

        return remove

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    def call(self, news: News) -> None:
        for callback in self._callbacks:
            try:
                callback(news)
            except Exception:
                log.exception("a callback for changes broke")


def changed_flags(before: Ruleset, after: Ruleset) -> frozenset[str]:
    """Flags that came, went, or are defined otherwise, themselves or in what they refer to."""
    old, new = before.flags, after.flags
    changed = {key for key in old.keys() | new.keys() if _differs(old.get(key), new.get(key))}
    segments = _changed_segments(before, after)
    while True:
        asking = {
            key
            for key, flag in new.items()
            if key not in changed
            and not (changed.isdisjoint(flag.references.flags) and segments.isdisjoint(flag.references.segments))
        }
        if not asking:
            return frozenset(changed)
        changed |= asking


def _changed_segments(before: Ruleset, after: Ruleset) -> set[str]:
    old, new = before.segments, after.segments
    changed = {key for key in old.keys() | new.keys() if _differs(old.get(key), new.get(key))}
    while True:
        asking = {
            key for key, each in new.items() if key not in changed and not changed.isdisjoint(each.references.segments)
        }
        if not asking:
            return changed
        changed |= asking


def _differs(old: Flag | Segment | None, new: Flag | Segment | None) -> bool:
    if old is new or old is None or new is None:
        return old is not new
    return old.source is None or (old.source, old.fault) != (new.source, new.fault)
