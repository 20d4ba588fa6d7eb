"""Contexts that a server evaluated for others, of which a sample is told as an SDK would tell of its own."""

import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..wire.observed import Classes
from ..wire.sampling import Sample, Ticks

# So many environments and kinds of keys at most are watched between two tellings.
MOST_WATCHED = 5_000


class Watched(NamedTuple):
    """Whose contexts: those of an environment, asked with one kind of key."""

    environment_id: str
    kind: str


class Observing:
    """`name` says in batches who evaluated. Each is asked for its context only when it is due, so that the others pay nothing."""

    def __init__(self, name: str, classes: Classes | None = None, *, every: int | None = None) -> None:
        self.name, self.classes = name, classes or {}
        self._ticks = Ticks() if every is None else Ticks(every)
        self._samples: dict[Watched, Sample] = {}
        self._since = _now()

    def is_due(self) -> bool:
        """Whether this evaluation is one of those that are looked at."""
        return self._ticks.is_due()

    def offer(self, watched: Watched, context: Mapping[str, Any]) -> None:
        if watched not in self._samples and len(self._samples) >= MOST_WATCHED:
            return
        self._samples.setdefault(watched, Sample(self.classes)).offer(context)

    def batches(self) -> Iterator[tuple[Watched, bytes]]:
        """What was sampled since the last time, as the bodies of batches."""
        samples, self._samples = self._samples, {}
        begun, self._since = self._since, _now()
        for watched, sample in samples.items():
            if contexts := sample.take():
                around = {"batch": secrets.token_hex(16), "sdk": {"name": self.name}, "from": begun, "to": self._since}
                yield watched, json.dumps({**around, "contexts": contexts}, separators=(",", ":")).encode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
