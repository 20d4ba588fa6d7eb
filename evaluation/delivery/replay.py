"""What a client at version n is owed: a delta where both ends are known here, the whole state on any doubt."""

import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..core.delta import diff
from ..wire.frames import Message, Proof, delta_of_manifest, put_of_manifest
from .held import Held

# Why a reader may trust what is held; from memory alone.
Prove = Callable[[Held], Proof]

KEPT_VERSIONS = 16
KEPT_BYTES = 8_000_000


class Replay:
    """The last versions of one environment, and the messages between them, each made once for all who may share it."""

    def __init__(self, prove: Prove) -> None:
        self.prove = prove
        self._versions: OrderedDict[int, Held] = OrderedDict()
        self._deltas: dict[tuple[int, int], dict[str, Any]] = {}
        self._messages: dict[tuple[int | None, int], Message] = {}
        self._proof: Proof | None = None

    def add(self, held: Held) -> None:
        self._versions[held.version] = held
        # A delta to an older version is of no use to anybody.
        self._deltas, self._messages = {}, {}
        while len(self._versions) > 1 and self._is_full():
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
        message = self._messages.get((known, now.version))
        if message is None:
            message = self._messages[known, now.version] = self._made(known, now, proof)
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

    def _made(self, version: int | None, now: Held, proof: Proof) -> Message:
        delta = self.delta(version, now)
        if delta is None:
            return put_of_manifest(now.version, now.content, proof)
        return delta_of_manifest(delta, proof)
