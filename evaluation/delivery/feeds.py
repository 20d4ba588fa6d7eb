"""What one stream carries: rules for a server key, evaluated values for a client key and its context."""

import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Protocol

from ..core.context import Context
from ..core.evaluate import evaluate_all, evaluate_some
from ..core.model import NOTHING, Ruleset
from ..wire.entries import all_entries, keyed_entry
from ..wire.frames import Message, freshness_of_manifest, put_of_values
from .held import Held
from .replay import Replay


class Feed(Protocol):
    @property
    def version(self) -> int | None: ...

    def next(self, held: Held, replay: Replay) -> Message | None:
        """What the client is owed to be at `held`; None when it is there already."""

    def tick(self, held: Held, replay: Replay) -> Message | None:
        """What changed only because time went by."""


# By the flags' keys.
Entries = Mapping[str, bytes]
# How often a reader of rules hears that what it has is still the newest.
RENEW_SECONDS = 300.0


class RulesFeed:
    """The manifest, then its deltas. All clients at the same version share one message."""

    __slots__ = ("_proved_at", "version")

    def __init__(self, since: int | None = None) -> None:
        self.version: int | None = since
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
    """Evaluated values for one context, then those that changed.

    What the client has is not kept: evaluating the version that it has says it again. Only where a rule reads the clock is
    that not so, and `_told` keeps what was told of such flags.
    """

    __slots__ = ("_since", "_told", "client", "context", "environment_key", "version")

    def __init__(self, environment_key: str, context: Context, *, client: bool, since: int | None = None) -> None:
        self.environment_key = environment_key
        self.context = context
        self.client = client
        self.version: int | None = None
        self._since = since
        self._told: Entries = NOTHING

    def next(self, held: Held, replay: Replay) -> Message | None:
        if self._since is not None:
            self._resume(self._since, replay)
        if self.version == held.version:
            return None
        before = replay.at(self.version) if self.version is not None else None
        message = self._whole(held, replay) if before is None else self._changes(before, held, replay)
        self.version = held.version
        return message

    def tick(self, held: Held, replay: Replay) -> Message | None:
        if not held.ruleset.reads_clock or self.version != held.version:
            return None
        told, now = self._told, self._evaluated(held.ruleset, replay.clocked(held), datetime.now(UTC))
        self._told = now
        return None if now == told else replay.values_delta(held, held, *_difference(told, now))

    def _resume(self, since: int, replay: Replay) -> None:
        """Take up where the client says it is, if that version is known here and time alone changed nothing in it."""
        before, self._since = replay.at(since), None
        if before is not None and not before.ruleset.reads_clock:
            self.version = before.version

    def _whole(self, held: Held, replay: Replay) -> Message:
        if not self.context.attributes and not held.ruleset.reads_clock:
            return replay.whole_of_nobody(held, self.environment_key, client=self.client)
        answers = evaluate_all(held.ruleset, self.context, datetime.now(UTC), client=self.client)
        clocked = set(replay.clocked(held))
        self._told = {found.key: keyed_entry(found) for found in answers if found.key in clocked} or NOTHING
        return put_of_values(held.version, all_entries(self.environment_key, held.version, map(keyed_entry, answers)))

    def _changes(self, before: Held, held: Held, replay: Replay) -> Message:
        if self.context.attributes or before.ruleset.reads_clock or held.ruleset.reads_clock:
            return self._own_changes(before, held, replay)
        return replay.changes_of_nobody(before, held, self._own_changes, client=self.client)

    def _own_changes(self, before: Held, held: Held, replay: Replay) -> Message:
        keys, moment = replay.affected(before, held), datetime.now(UTC)
        was, now = self._evaluated(before.ruleset, keys, moment), self._evaluated(held.ruleset, keys, moment)
        if keys and self._told:  # what the old version says of clocked flags now is not what it said then
            was = {**was, **self._told}
        clocked = replay.clocked(held)
        self._told = {key: now[key] for key in clocked if key in now} or NOTHING if clocked else NOTHING
        return replay.values_delta(before, held, *_difference(was, now))

    def _evaluated(self, ruleset: Ruleset, keys: Collection[str], moment: datetime) -> Entries:
        if not keys:
            return NOTHING
        answers = evaluate_some(ruleset, keys, self.context, moment, client=self.client)
        return {found.key: keyed_entry(found) for found in answers}


def _difference(was: Entries, now: Entries) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The entries that are new or other, and the keys that are gone."""
    changed = tuple([entry for key, entry in now.items() if was.get(key) != entry])
    return changed, tuple([key for key in was if key not in now])
