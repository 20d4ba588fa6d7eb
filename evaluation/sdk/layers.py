"""What lies between a client's rules and whoever asks. Where there is nothing of it, it costs nothing."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .evaluations import Evaluations, Source
from .listeners import Listeners
from .overrides import Origin, Override, Overrides, from_environment, from_file

Given = Mapping[str, Any] | str | Path


class Layered(Evaluations):
    """`_live` answers by the rules; `_source`, which is asked, is the same below all layers that there are."""

    def __init__(self, live: Source, overrides: Given | None) -> None:
        self._lock = threading.Lock()
        self._listeners = Listeners()
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
        self._source = self._overrides.over(live)

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
