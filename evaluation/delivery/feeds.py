"""What one stream carries: rules for a server key, evaluated values for a client key and its context."""

import time
from datetime import UTC, datetime
from typing import Protocol

from ..core.canonical import canonical
from ..core.context import Context
from ..core.evaluate import evaluate_all
from ..core.model import Ruleset
from ..wire.entries import all_entries, keyed_entry
from ..wire.frames import Message, delta_of_values, freshness_of_manifest, put_of_values
from .held import Held
from .replay import Replay


class Feed(Protocol):
    version: int | None

    def next(self, held: Held, replay: Replay) -> Message | None:
        """What the client is owed to be at `held`; None when it is there already."""

    def tick(self, held: Held, replay: Replay) -> Message | None:
        """What changed only because time went by."""


# How often a reader of rules hears that what it has is still the newest.
RENEW_SECONDS = 300.0


class RulesFeed:
    """The manifest, then its deltas. All clients at the same version share one message."""

    def __init__(self, since: int | None = None) -> None:
        self.version = since
        self._proved_at = time.monotonic()

    def next(self, held: Held, replay: Replay) -> Message | None:
        if self.version == held.version:
            return None
        message = replay.owed(self.version, held)
        self.version, self._proved_at = held.version, time.monotonic()
        return message

    def tick(self, held: Held, replay: Replay) -> Message | None:
        if self.version != held.version or time.monotonic() - self._proved_at < RENEW_SECONDS:
            return None
        self._proved_at = time.monotonic()
        return freshness_of_manifest(held.version, replay.prove(held).freshness)


class ValuesFeed:
    """Evaluated values for one context, then those that changed."""

    def __init__(self, environment_key: str, context: Context, *, client: bool, since: int | None = None) -> None:
        self.environment_key = environment_key
        self.context = context
        self.client = client
        self.version: int | None = None
        self._since = since
        self._entries: dict[str, bytes] = {}

    def next(self, held: Held, replay: Replay) -> Message | None:
        self._resume(replay)
        if self.version == held.version:
            return None
        return self._whole(held) if self.version is None else self._changes(held)

    def tick(self, held: Held, replay: Replay) -> Message | None:
        if not held.ruleset.reads_clock or self.version != held.version:
            return None
        before = self._entries
        message = self._changes(held)
        return message if self._entries != before else None

    def _resume(self, replay: Replay) -> None:
        """Take up where the client says it is, if that version is known here and time alone changed nothing in it."""
        before = replay.at(self._since) if self._since is not None else None
        self._since = None
        if before is not None and not before.ruleset.reads_clock:
            self._entries, self.version = self._evaluated(before.ruleset), before.version

    def _whole(self, held: Held) -> Message:
        answers = evaluate_all(held.ruleset, self.context, datetime.now(UTC), client=self.client)
        self._entries, self.version = {found.key: keyed_entry(found) for found in answers}, held.version
        return put_of_values(held.version, all_entries(self.environment_key, held.version, answers))

    def _changes(self, held: Held) -> Message:
        assert self.version is not None  # noqa: S101  (callers saw a version)
        entries = self._evaluated(held.ruleset)
        changed = [entry for key, entry in entries.items() if self._entries.get(key) != entry]
        removed = canonical([key for key in self._entries if key not in entries])
        message = delta_of_values(self.version, held.version, changed, removed)
        self._entries, self.version = entries, held.version
        return message

    def _evaluated(self, ruleset: Ruleset) -> dict[str, bytes]:
        answers = evaluate_all(ruleset, self.context, datetime.now(UTC), client=self.client)
        return {found.key: keyed_entry(found) for found in answers}
