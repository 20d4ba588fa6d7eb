"""Verified copies of manifests, kept up to date by what a stream says. What is refused changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..core.canonical import canonical
from ..wire.frames import Proof
from ..wire.jws import PublicKeys, Tampered
from ..wire.trust import Trusted, renew, trust, trust_delta, trust_kept


@dataclass(frozen=True, slots=True)
class Copy:
    """A manifest that was verified, with what proves it to the next reader."""

    trusted: Trusted
    proof: Proof

    @property
    def environment_id(self) -> str:
        return self.trusted.freshness.environment


class Mirror:
    """One copy per environment. Every method raises Untrusted, and `change` DeltaMismatch; then only the whole helps."""

    def __init__(self, keys: PublicKeys) -> None:
        self.keys = keys
        self.copies: dict[str, Copy] = {}
        self.doubted: set[str] = set()

    def positions(self) -> dict[str, int]:
        """From which versions a stream may go on; where there is doubt, it begins with the whole state."""
        copies = self.copies.items()
        return {each: copy.trusted.version for each, copy in copies if each not in self.doubted}

    def doubt(self, environment_id: str) -> None:
        """Something was refused: what is here is still good, and only a whole manifest leads further."""
        self.doubted.add(environment_id)

    def replace(self, environment_id: str, put: Mapping[str, Any], *, now: datetime) -> Copy:
        """The whole state, as a stream begins with it."""
        content, proof = _content(put), _proof(put)
        held = self.copies.get(environment_id)
        known = held.trusted if held else None
        new = trust(content, *proof, self.keys, now=now, held=known, environment=environment_id)
        return self._take(environment_id, Copy(new, proof))

    def change(self, environment_id: str, delta: Mapping[str, Any], *, now: datetime) -> Copy:
        held = self._held(environment_id)
        return self._take(environment_id, Copy(trust_delta(held.trusted, delta, self.keys, now=now), _proof(delta)))

    def renew(self, environment_id: str, stated: Mapping[str, Any]) -> Copy:
        """A newer statement that the copy is the newest there is."""
        held, freshness = self._held(environment_id), _proof(stated).freshness
        trusted = renew(held.trusted, freshness, self.keys)
        proof = held.proof if trusted is held.trusted else held.proof._replace(freshness=freshness)
        return self._take(environment_id, replace(held, trusted=trusted, proof=proof))

    def recall(self, environment_id: str, put: Mapping[str, Any]) -> Copy:
        """What was verified and kept before, however long ago."""
        content, proof = _content(put), _proof(put)
        return self._take(
            environment_id, Copy(trust_kept(content, *proof, self.keys, environment=environment_id), proof)
        )

    def forget(self, environment_id: str) -> None:
        self.copies.pop(environment_id, None)
        self.doubted.discard(environment_id)

    def _held(self, environment_id: str) -> Copy:
        if environment_id not in self.copies:
            raise Tampered(f"nothing of environment {environment_id} is here to change")
        return self.copies[environment_id]

    def _take(self, environment_id: str, copy: Copy) -> Copy:
        if copy.environment_id != environment_id:
            raise Tampered(f"this is not a manifest of environment {environment_id}")
        self.copies[environment_id] = copy
        self.doubted.discard(environment_id)
        return copy


def _content(put: Mapping[str, Any]) -> bytes:
    """What was signed: the canonical bytes, however they were written on the way."""
    return canonical(put.get("manifest"))


def _proof(said: Mapping[str, Any]) -> Proof:
    return Proof(str(said.get("signature", "")), str(said.get("freshness", "")))
