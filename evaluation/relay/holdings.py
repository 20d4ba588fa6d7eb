"""All that a relay answers from: environments, keys by their hashes, and rules. Nothing here waits for anybody."""

import hashlib
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from ..core.manifest import read_manifest
from ..delivery.busiest import Busiest
from ..delivery.held import Held, HeldKey
from ..delivery.hub import Hub
from ..delivery.limiter import Limiter
from ..delivery.observing import Observing
from ..delivery.tally import Tally
from ..delivery.uses import Uses
from ..sdk.mirror import Copy
from ..wire.frames import Proof
from ..wire.limits import limits_of
from ..wire.problems import Refused, bad_key, no_key, nothing_published, problem, wrong_kind
from .batches import Batches
from .passed import Passed
from .public import Public

KINDS = ("client", "server")
# What streams to other relays are woken by, beside their environments.
RELAYS = "relays"
# One environment whose rules do not come must not keep all others from being served for longer.
MISSED_SECONDS = 5.0


class Place(NamedTuple):
    """An environment, by the names that people gave it."""

    organization: str
    project: str
    key: str


class Holdings:
    """Made on the event loop that serves. Whatever changes is swapped whole, so no reader sees half of it."""

    def __init__(self, public: Public | None = None) -> None:
        self.public = public
        # What stands for the key of whoever has none.
        self.public_key: HeldKey | None = None
        self.told_environments: dict[str, Mapping[str, Any]] = {}
        self.told_keys: dict[str, Mapping[str, Any]] = {}
        # Counts what was told, so that whoever looks again sees whether there is anything new.
        self.edition = 0
        self.places: dict[str, Place] = {}
        self.keys: dict[str, HeldKey] = {}
        self.rules: dict[str, Held] = {}
        self.hub = Hub(self.prove)
        self.limiter = Limiter()
        self.uses = Uses()
        self.tally = Tally()
        self.organizations = Busiest()
        self.batches = Batches()
        self.observing = Observing("flagforge-relay")
        self.passed = Passed()
        self.knows_keys = False
        # Set upstream for all processes of the installation; "" where each has its own.
        self.log_level = ""
        self._first_rules_at: float | None = None
        self._learned: dict[str, Mapping[str, Any]] = {}
        self._insiders: dict[str, HeldKey] = {}
        self._proofs: dict[str, Proof] = {}

    def prove(self, held: Held) -> Proof:
        return self._proofs.get(held.environment_id, Proof(held.signature, ""))

    @property
    def is_ready(self) -> bool:
        """There is something to answer from, and the rest of it has been waited for."""
        return self._can_answer and (self.is_whole or self._has_waited)

    @property
    def is_whole(self) -> bool:
        """Each environment that has anything published is held."""
        published = (each for each, told in self.told_environments.items() if told.get("version"))
        return self._can_answer and all(each in self.rules for each in published)

    @property
    def _can_answer(self) -> bool:
        return self.knows_keys and (bool(self.rules) or not self.places)

    @property
    def _has_waited(self) -> bool:
        return self._first_rules_at is not None and time.monotonic() - self._first_rules_at > MISSED_SECONDS

    # What is asked

    def admit(self, secret: str, kinds: Iterable[str] = KINDS) -> HeldKey:
        """The key behind a secret; raises `Refused`."""
        if not secret:
            return self._nobody(kinds)
        sha256 = sha256_of(secret)
        key = self._good(self.keys.get(sha256) or self._insiders.get(sha256))
        if key.kind not in kinds:
            raise wrong_kind(key.kind, " or ".join(kinds))
        self.uses.note(sha256)
        return key

    def knows(self, secret: str) -> bool:
        sha256 = sha256_of(secret)
        is_known = sha256 in self.keys or sha256 in self._insiders
        return is_known or (not secret and self.public_key is not None)

    def _nobody(self, kinds: Iterable[str]) -> HeldKey:
        """Whoever shows no key, where that is enough."""
        if self.public is None or "client" not in kinds:
            raise no_key()
        if self.public_key is None:
            raise not_ready()
        return self.public_key

    def find_by_prefix(self, prefix: str) -> HeldKey | None:
        """One that works."""
        if self.public_key is not None and self.public_key.sha256.startswith(prefix):
            return self.public_key
        found = (key for sha256, key in self.keys.items() if sha256.startswith(prefix) and key.kind in KINDS)
        key = next((key for key in found if not key.has_expired(time.time())), None)
        if key is not None:
            self.uses.note(key.sha256)
        return key

    def said_of_keys(self) -> dict[str, float]:
        """When keys that upstream knows were used, by their hashes, since that was last said."""
        used = self.uses.hand_on(self.hub.open_keys())
        return {sha256: moment for sha256, moment in used.items() if sha256 in self.keys}

    def find_told(self, sha256: str) -> Mapping[str, Any] | None:
        """A key that works, as it was told."""
        key = self.keys.get(sha256)
        if key is None or key.has_expired(time.time()):
            return None
        return self.told_keys.get(sha256) or self._learned.get(sha256)

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
        raise bad_key() if self.knows_keys else not_ready()

    # What upstream says

    def set_places(self, environments: Iterable[Mapping[str, Any]]) -> None:
        """All environments; what is not among them any more is gone, with its streams."""
        told = {each["id"]: each for each in environments}
        self.places = {each: Place(of["organization"], of["project"], of["key"]) for each, of in told.items()}
        self.told_environments = told
        self._set_public(self.public.key_in(told) if self.public else None)
        for environment_id in self.rules.keys() - self.places.keys():
            self.rules.pop(environment_id)
            self._proofs.pop(environment_id, None)
            self.hub.reach.forget(environment_id)
        self._tell_relays()

    def _set_public(self, key: HeldKey | None) -> None:
        before, self.public_key = self.public_key, key
        if before is not None and (key is None or key.id != before.id):
            self.hub.close_streams_of([before])

    def set_keys(self, keys: Iterable[Mapping[str, Any]]) -> None:
        """All keys; the streams of those that are not among them any more are closed."""
        told = {each["sha256"]: each for each in keys}
        fresh = {sha256: self._key(each) for sha256, each in told.items()}
        gone = [key for sha256, key in self.keys.items() if sha256 not in fresh]
        self.keys, self.told_keys, self.knows_keys, self._learned = fresh, told, True, {}
        self.hub.close_streams_of(gone)
        self._tell_relays()

    def change_keys(self, added: Iterable[Mapping[str, Any]], removed: Iterable[str]) -> None:
        told, removed = {each["sha256"]: each for each in added}, set(removed)
        fresh = {sha256: self._key(each) for sha256, each in told.items()}
        gone = [self.keys.pop(sha256) for sha256 in removed if sha256 in self.keys]
        self.told_keys = {sha256: each for sha256, each in self.told_keys.items() if sha256 not in removed} | told
        self.keys |= fresh
        self.hub.close_streams_of(gone)
        self._tell_relays()

    def set_log_level(self, level: str) -> None:
        self.log_level = level
        self._tell_relays()

    def let_in(self, secret: str) -> None:
        """A relay key for everything here, of which nobody is told: for the other processes of this relay."""
        sha256 = sha256_of(secret)
        self._insiders[sha256] = HeldKey(sha256, sha256, "relay", "", "", "", "", None)

    def learn_key(self, told: Mapping[str, Any]) -> None:
        """A key that upstream told of when it was asked; the stream is going to tell of it too."""
        self.keys[told["sha256"]] = self._key(told)
        self._learned[told["sha256"]] = told

    def drop_unless_told(self, sha256: str) -> None:
        """What the stream never told of, it would not tell the end of either."""
        self._learned.pop(sha256, None)
        if sha256 not in self.told_keys and (key := self.keys.pop(sha256, None)):
            self.hub.close_streams_of([key])

    def swap(self, copy: Copy, traceparent: str = "") -> None:
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
                traceparent,
            )
            self._proofs[copy.environment_id] = copy.proof
            self.rules[copy.environment_id] = held
            self._first_rules_at = self._first_rules_at or time.monotonic()
            if before is not None:
                before.repeated.forget()
            self.hub.hear(held)
        elif self._proofs.get(copy.environment_id) != copy.proof:
            self._proofs[copy.environment_id] = copy.proof
            self.hub.wake(RELAYS)

    def _tell_relays(self) -> None:
        self.edition += 1
        self.hub.wake(RELAYS)

    def _key(self, told: Mapping[str, Any]) -> HeldKey:
        """Organizations and projects go by their names here. Only relay keys may have no environment."""
        environment_id, expires = told["environment"] or "", told.get("expires")
        place = self.places.get(environment_id) or Place(
            told.get("organization") or "", told.get("project") or "", environment_id
        )
        return HeldKey(
            id=told["sha256"],
            sha256=told["sha256"],
            kind=told["kind"],
            organization_id=place.organization,
            project_id=place.project,
            environment_id=environment_id,
            environment_key=place.key,
            expires_at=datetime.fromisoformat(expires).timestamp() if expires else None,
            origins=frozenset(told.get("origins") or ()),
            limits=limits_of(told.get("limits")),
            organization_limits=limits_of(told.get("organization_limits")),
        )


@lru_cache(maxsize=16)  # one request asks several times
def sha256_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def not_ready() -> Refused:
    detail = "This relay has not heard yet which keys work. Try again in some seconds."
    return Refused(problem(503, "not-ready", "Not ready", detail, headers=(("Retry-After", "2"),)))
