"""All that a relay answers from: environments, keys by their hashes, and rules. Nothing here waits for anybody."""

import hashlib
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ..core.manifest import read_manifest
from ..delivery.held import Held, HeldKey
from ..delivery.hub import Hub
from ..delivery.limiter import Limiter
from ..sdk.mirror import Copy
from ..wire.frames import Proof
from ..wire.limits import limits_of
from ..wire.problems import Refused, bad_key, no_key, nothing_published, problem, wrong_kind
from .batches import Batches

KINDS = ("client", "server")


class Place(NamedTuple):
    """An environment, by the names that people gave it."""

    organization: str
    project: str
    key: str


class Holdings:
    """Made on the event loop that serves. Whatever changes is swapped whole, so no reader sees half of it."""

    def __init__(self) -> None:
        self.told_environments: dict[str, Mapping[str, Any]] = {}
        self.told_keys: dict[str, Mapping[str, Any]] = {}
        self.places: dict[str, Place] = {}
        self.keys: dict[str, HeldKey] = {}
        self.rules: dict[str, Held] = {}
        self.hub = Hub(self.prove)
        self.limiter = Limiter()
        self.batches = Batches()
        self.knows_keys = False
        self._proofs: dict[str, Proof] = {}

    def prove(self, held: Held) -> Proof:
        return self._proofs.get(held.environment_id, Proof(held.signature, ""))

    @property
    def is_ready(self) -> bool:
        """Every environment that has anything published can be asked for."""
        return self.knows_keys and (bool(self.rules) or not self.places)

    # What is asked

    def admit(self, secret: str, kinds: Iterable[str] = KINDS) -> HeldKey:
        """The key behind a secret; raises `Refused`."""
        if not secret:
            raise no_key()
        key = self._good(self.keys.get(_sha256(secret)))
        if key.kind not in kinds:
            raise wrong_kind(key.kind, " or ".join(kinds))
        return key

    def knows(self, secret: str) -> bool:
        return _sha256(secret) in self.keys

    def find_by_prefix(self, prefix: str) -> HeldKey | None:
        return next((key for sha256, key in self.keys.items() if sha256.startswith(prefix)), None)

    def held_for(self, environment_id: str) -> Held:
        """Raises `Refused` where nothing is published, or nothing has come yet."""
        held = self.rules.get(environment_id)
        if held is None:
            raise nothing_published()
        return held

    async def rules_of(self, environment_id: str) -> Held:
        return self.held_for(environment_id)

    def _good(self, key: HeldKey | None) -> HeldKey:
        if key is not None and not key.has_expired(time.time()):
            return key
        raise bad_key() if self.knows_keys else _not_ready()

    # What upstream says

    def set_places(self, environments: Iterable[Mapping[str, Any]]) -> None:
        """All environments; what is not among them any more is gone, with its streams."""
        told = {each["id"]: each for each in environments}
        self.places = {each: Place(of["organization"], of["project"], of["key"]) for each, of in told.items()}
        self.told_environments = told
        for environment_id in self.rules.keys() - self.places.keys():
            self.rules.pop(environment_id)
            self._proofs.pop(environment_id, None)

    def set_keys(self, keys: Iterable[Mapping[str, Any]]) -> None:
        """All keys; the streams of those that are not among them any more are closed."""
        told = {each["sha256"]: each for each in keys}
        fresh = {sha256: self._key(each) for sha256, each in told.items()}
        gone = [key for sha256, key in self.keys.items() if sha256 not in fresh]
        self.keys, self.told_keys, self.knows_keys = fresh, told, True
        self.hub.close_streams_of(gone)

    def change_keys(self, added: Iterable[Mapping[str, Any]], removed: Iterable[str]) -> None:
        told, removed = {each["sha256"]: each for each in added}, set(removed)
        fresh = {sha256: self._key(each) for sha256, each in told.items()}
        gone = [self.keys.pop(sha256) for sha256 in removed if sha256 in self.keys]
        self.told_keys = {sha256: each for sha256, each in self.told_keys.items() if sha256 not in removed} | told
        self.keys |= fresh
        self.hub.close_streams_of(gone)

    def swap(self, copy: Copy) -> None:
        """A manifest that was verified. Raises InvalidManifest where this reader does not understand it."""
        stated, before = copy.trusted.freshness, self.rules.get(copy.environment_id)
        if before is None or before.checksum != stated.checksum:
            ruleset = read_manifest(copy.trusted.content, before=before.ruleset if before else None)
            held = Held(
                stated.environment,
                stated.version,
                stated.checksum,
                copy.trusted.content,
                ruleset,
                copy.proof.signature,
            )
            self._proofs[copy.environment_id] = copy.proof
            self.rules[copy.environment_id] = held
            self.hub.hear(held)
        self._proofs[copy.environment_id] = copy.proof

    def _key(self, told: Mapping[str, Any]) -> HeldKey:
        environment_id, expires = told["environment"], told.get("expires")
        place = self.places.get(environment_id)
        return HeldKey(
            id=told["sha256"],
            sha256=told["sha256"],
            kind=told["kind"],
            organization_id=place.organization if place else "",
            project_id=place.project if place else "",
            environment_id=environment_id,
            environment_key=place.key if place else environment_id,
            expires_at=datetime.fromisoformat(expires).timestamp() if expires else None,
            origins=frozenset(told.get("origins") or ()),
            limits=limits_of(told.get("limits")),
        )


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _not_ready() -> Refused:
    detail = "This relay has not heard yet which keys work. Try again in some seconds."
    return Refused(problem(503, "not-ready", "Not ready", detail, headers=(("Retry-After", "2"),)))
