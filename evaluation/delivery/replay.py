"""What a client at version n is owed: a delta where both ends are known here, the whole state on any doubt."""

import json
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..core import dependents
from ..core.canonical import canonical
from ..core.context import context_from
from ..core.delta import diff
from ..core.evaluate import write_all
from ..wire.entries import ENTRY, all_entries
from ..wire.frames import Message, Proof, delta_of_manifest, delta_of_values, put_of_manifest, put_of_values
from .held import Held

# Why a reader may trust what is held; from memory alone.
Prove = Callable[[Held], Proof]

# At least two, however large: without the one before there are no deltas.
KEPT_VERSIONS = 16
KEPT_BYTES = 8_000_000
# Of the messages that clients with different contexts may share.
SHARED_MESSAGES = 1000


class Replay:
    """The last versions of one environment, and the messages between them, each made once for all who may share it."""

    def __init__(self, prove: Prove) -> None:
        self.prove = prove
        self._versions: OrderedDict[int, Held] = OrderedDict()
        self._deltas: dict[tuple[int, int], dict[str, Any]] = {}
        self._messages: dict[tuple[int | None, int, str], Message] = {}
        self._proof: Proof | None = None
        self._affected: dict[tuple[int, int], tuple[str, ...]] = {}
        self._clocked: dict[int, tuple[str, ...]] = {}
        self._shared: dict[tuple[object, ...], Message] = {}

    def add(self, held: Held) -> None:
        self._versions[held.version] = held
        # A delta to an older version is of no use to anybody.
        self._deltas, self._messages = {}, {}
        self._affected, self._clocked, self._shared = {}, {}, {}
        while len(self._versions) > 2 and self._is_full():
            self._versions.popitem(last=False)

    def _is_full(self) -> bool:
        size = sum(len(held.content) for held in self._versions.values())
        return len(self._versions) > KEPT_VERSIONS or size > KEPT_BYTES

    def at(self, version: int) -> Held | None:
        return self._versions.get(version)

    def owed(self, version: int | None, now: Held) -> Message:
        """The message that leads a rules stream from its version (None: from nothing) to `now`."""
        proof = self.prove(now)
        if proof != self._proof:
            self._proof, self._messages = proof, {}
        known = version if version in self._versions else None
        # Whoever only begins is no part of the change that led here.
        traceparent = now.traceparent if version is not None else ""
        name = known, now.version, traceparent
        message = self._messages.get(name)
        if message is None:
            message = self._messages[name] = self._made(known, now, proof, traceparent)
        return message

    def delta(self, version: int | None, now: Held) -> dict[str, Any] | None:
        """What changed from the version to `now`; None where the version is not known here."""
        before = self._versions.get(version) if version is not None else None
        if before is None:
            return None
        delta = self._deltas.get((before.version, now.version))
        if delta is None:
            # Our own canonical bytes, whose checksum is known: no strict reading, no second writing.
            delta = diff(json.loads(before.content), json.loads(now.content), after_checksum=now.checksum)
            self._deltas[before.version, now.version] = delta
        return delta

    def _made(self, version: int | None, now: Held, proof: Proof, traceparent: str) -> Message:
        delta = self.delta(version, now)
        if delta is None:
            return put_of_manifest(now.version, now.content, proof, traceparent)
        return delta_of_manifest(delta, proof, traceparent)

    # What is evaluated

    def affected(self, before: Held, now: Held) -> tuple[str, ...]:
        """The flags that must be evaluated again for a client of values that comes from one version to another, sorted."""
        versions = before.version, now.version
        keys = self._affected.get(versions)
        if keys is None:
            all_keys = dependents.affected(before.ruleset, now.ruleset).union(self.clocked(before), self.clocked(now))
            keys = self._affected[versions] = tuple(sorted(all_keys))
        return keys

    def clocked(self, held: Held) -> tuple[str, ...]:
        """The flags that may change while the version does not, sorted."""
        keys = self._clocked.get(held.version)
        if keys is None:
            keys = self._clocked[held.version] = tuple(sorted(dependents.clocked(held.ruleset)))
        return keys

    def whole_of_nobody(self, held: Held, environment_key: str, *, client: bool) -> Message:
        """All values for the empty context, where no rule reads the clock."""
        name = "whole", held.version, environment_key, client
        message = self._shared.get(name)
        if message is None:
            entries = write_all(held.ruleset, context_from({}), EPOCH, ENTRY, client=client)
            message = put_of_values(held.version, all_entries(environment_key, held.version, entries))
            self._shared[name] = message
        return message

    def changes_of_nobody(
        self, before: Held, now: Held, made: Callable[[Held, Held, "Replay"], Message], *, client: bool
    ) -> Message:
        """What changes for the empty context, where no rule reads the clock: asked for by many, and made once."""
        name = "changes", before.version, now.version, client
        message = self._shared.get(name)
        if message is None:
            message = self._shared[name] = made(before, now, self)
        return message

    def values_delta(self, before: Held, now: Held, changed: tuple[bytes, ...], removed: tuple[str, ...]) -> Message:
        """One message for all that see the same change."""
        name = before.version, now.version, changed, removed
        message = self._shared.get(name)
        if message is None:
            message = delta_of_values(before.version, now.version, list(changed), canonical(list(removed)))
            if len(self._shared) < SHARED_MESSAGES:
                self._shared[name] = message
        return message


# Where no rule reads the clock, any moment will do.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
