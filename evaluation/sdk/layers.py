"""What lies between a client's rules and whoever asks. Where there is nothing of it, it costs nothing."""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from .evaluations import Evaluations, Source
from .lifetime import State
from .listeners import Listeners
from .moments import Moment, Moments
from .overrides import Origin, Override, Overrides, from_environment, from_file
from .telemetry.outcomes import Outcomes
from .watched import Watched, Watcher

Given = Mapping[str, Any] | str | Path


class Layered(Evaluations):
    """`_live` answers by the rules; `_source`, which is asked, is the same below all layers that there are."""

    def __init__(self, live: Source, overrides: Given | None) -> None:
        self._lock = threading.Lock()
        self._listeners: Listeners[frozenset[str]] = Listeners()
        self._state_listeners: Listeners[State] = Listeners()
        self._watchers: tuple[Watcher, ...] = ()
        self._broken_watchers: set[Watcher] = set()
        self._moments: Moments | None = None
        self._outcomes = Outcomes()
        self._overrides = Overrides()
        given = overrides if isinstance(overrides, Mapping) else from_file(overrides) if overrides is not None else {}
        self._add_overrides(live, given, "call" if isinstance(overrides, Mapping) else "file")
        self._add_overrides(live, from_environment(), "environment")
        self._answer_from(live)

    def _add_overrides(self, live: Source, values: Mapping[str, Any], origin: Origin) -> None:
        made = [Override(key, value, origin, self._remove_override) for key, value in values.items()]
        for override in made:
            override.answer(live)
        self._overrides.add(made)

    def _answer_from(self, live: Source) -> None:
        """One assignment, so that nobody sees half of a change. Whoever calls it holds the lock."""
        self._live = live
        source = self._overrides.over(live)
        if self._moments is not None:
            self._moments.now = source
            source = self._moments
        self._source = Watched(source, self._watchers, self._broken_watchers) if self._watchers else source

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        self._outcomes.after_fork()

    def on_change(self, callback: Callable[[frozenset[str]], object]) -> Callable[[], None]:
        """Call this with the keys of the flags that changed, after every change; returns what ends that.

        It runs in the client's thread: it should be brief, and what it raises is logged.
        """
        return self._listeners.add(callback)

    def on_state(self, callback: Callable[[State], object]) -> Callable[[], None]:
        """The same with `fresh`, `stale` or `expired`, whenever that becomes another."""
        return self._state_listeners.add(callback)

    def on_evaluation(self, callback: Watcher) -> Callable[[], None]:
        """Call this with every answer and whoever asked, in the thread that asks, which waits for it; returns what ends that.

        What raises once is not called again.
        """
        self._watch((*self._watchers, callback))
        return lambda: self._watch(tuple(each for each in self._watchers if each is not callback))

    def _watch(self, watchers: tuple[Watcher, ...]) -> None:
        with self._lock:
            self._watchers = watchers
            self._answer_from(self._live)

    def moment(self) -> AbstractContextManager[Moment]:
        """A block in which every answer comes by the rules of its beginning, and whose end is counted as that of a request.

        It failed where an exception leaves the block, or where `has_failed` of the moment was set. One within another is
        the same moment.
        """
        if self._moments is None:
            with self._lock:
                self._moments = self._moments or Moments(self._live, self._outcomes)
                self._answer_from(self._live)
        return self._moments.begin()

    def override(self, key: str, value: Any) -> Override:
        """Give this flag this value to everybody, until the override is removed or its `with` block ends.

        The details say so: the reason is OVERRIDE, and the metadata name where it comes from. Flags that have this one as
        a prerequisite go on by its rules. Raises ValueError for a value of another type than the flag's.
        """
        override = Override(key, value, "call", self._remove_override)
        with self._lock:
            override.answer(self._live)
            self._overrides.add([override])
            self._answer_from(self._live)
        self._listeners.call(frozenset({key}))
        return override

    def _remove_override(self, override: Override) -> None:
        with self._lock:
            self._overrides.remove(override)
            self._answer_from(self._live)
        self._listeners.call(frozenset({override.key}))

    @property
    def overrides(self) -> dict[str, Any]:
        """The values of the flags that are overridden here."""
        return self._overrides.values
