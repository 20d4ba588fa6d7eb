"""The rules that a client evaluates by: verified, compiled, kept on disk. What is refused changes nothing."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..core.manifest import read_manifest
from ..core.model import Ruleset
from ..wire import spans
from ..wire.jws import PublicKeys, Tampered, UnknownSigner
from ..wire.trust import Strangers, trust_keys
from .mirror import Copy, Mirror
from .refusals import REFUSED, Refusals
from .shelf import Shelf

log = logging.getLogger(__name__)

NO_KEYS: PublicKeys = {}
# After a refusal the whole state is asked for, but never as fast as it can be refused.
DOUBT_SECONDS = 1.0
# Who shows strange keys shows them for a while.
STRANGERS_SECONDS = 30.0


class Doubt(Exception):
    """Something that came is not taken; only the whole state helps, once more from the beginning, after so many seconds."""

    def __init__(self, said: str, seconds: float = DOUBT_SECONDS) -> None:
        super().__init__(said)
        self.seconds = seconds


class Rules:
    """Of one environment: a key opens no other. `use` is called with every new ruleset.

    With `pinned` keys no others are ever believed; without, those are that the server named first (the shelf remembers them),
    and whoever a known one vouches for.
    """

    def __init__(
        self, use: Callable[[Ruleset], None], shelf: Shelf | None = None, pinned: PublicKeys | None = None
    ) -> None:
        self._use, self._shelf, self._pinned = use, shelf, pinned
        self._mirror = Mirror(pinned or NO_KEYS)
        self._has_met_a_stranger = False
        self.environment_id = ""
        self.ruleset: Ruleset | None = None
        self.refusals = Refusals()
        self.checksum = ""

    @property
    def needs_keys(self) -> bool:
        """Whether to ask the server for its public keys: there are none here, or something is signed with another."""
        return self._pinned is None and (self._has_met_a_stranger or not self._mirror.keys)

    @property
    def version(self) -> int | None:
        """Up to where everything is known; None where only the whole state leads further."""
        return self._mirror.positions().get(self.environment_id)

    def recall(self) -> None:
        """Begin with what is on disk, if it proves itself."""
        if self._shelf is None:
            return
        if (jwks := self._shelf.keys()) is not None and self._pinned is None:
            self._recall_keys(jwks)
        if (put := self._shelf.manifest()) is not None:
            self.begin_with(put)

    def begin_with(self, put: Mapping[str, Any]) -> bool:
        """Take a signed state however old it is; whether it could be taken."""
        try:
            self._take(self._mirror.recall(_environment_of(put), put))
        except REFUSED as error:
            self._refuse(error)
            log.warning("what was kept, or came along, is refused: %s: %s", type(error).__name__, error)
            return False
        return True

    def _recall_keys(self, jwks: bytes) -> None:
        try:
            _, self._mirror.keys = trust_keys(jwks, NO_KEYS)
        except (ValueError, RecursionError) as error:
            log.warning("the public keys that were kept cannot be read: %s", error)

    def hear_keys(self, jwks: bytes) -> None:
        """The server's public keys; raises Doubt for what are none, and for those that no known one vouches for."""
        if self._pinned is not None:
            return
        try:
            believed, self._mirror.keys = trust_keys(jwks, self._mirror.keys)
        except Strangers as error:
            self.refusals.count(error)
            raise Doubt(f"Strangers: {error}", STRANGERS_SECONDS) from None
        except (ValueError, RecursionError):
            raise Doubt("the server's public keys cannot be read") from None
        self._has_met_a_stranger = False
        if self._shelf is not None:
            self._shelf.keep_keys(believed)

    def doubt_what_is_half_taken(self) -> None:
        """A fork may come between what was verified and what is used."""
        if self.ruleset is None or self.version != self.ruleset.version:
            self._mirror.doubt(self.environment_id)

    def hear(self, kind: str, document: Mapping[str, Any]) -> None:
        """A put, a delta, or a freshness; of other kinds nothing is taken. Raises Doubt."""
        try:
            with spans.continued("flagforge.apply", *spans.told(self.environment_id, document)):
                self._hear(kind, document)
        except REFUSED as error:
            self._refuse(error)
            self._has_met_a_stranger |= isinstance(error, UnknownSigner)
            raise Doubt(f"{type(error).__name__}: {error}") from None

    def _hear(self, kind: str, document: Mapping[str, Any]) -> None:
        if kind == "put":
            self._keep(self._take(self._mirror.replace(self._own(document), document, now=datetime.now(UTC))))
        elif kind == "delta":
            self._keep(self._take(self._mirror.change(self.environment_id, document, now=datetime.now(UTC))))
        elif kind == "freshness":
            self._mirror.renew(self.environment_id, document)

    def _own(self, put: Mapping[str, Any]) -> str:
        environment_id = _environment_of(put)
        if self.environment_id not in ("", environment_id):
            raise Tampered("this is another environment's manifest")
        return environment_id

    def _refuse(self, error: Exception) -> None:
        self.refusals.count(error)
        self._mirror.doubt(self.environment_id)

    def _take(self, copy: Copy) -> Copy:
        ruleset = read_manifest(copy.trusted.content, before=self.ruleset)
        self.environment_id, self.checksum = copy.environment_id, copy.trusted.freshness.checksum
        if self.ruleset is None or self.ruleset.version != ruleset.version:
            self.ruleset = ruleset
            self._use(ruleset)
        return copy

    def _keep(self, copy: Copy) -> None:
        if self._shelf is not None:
            self._shelf.keep(copy)


def _environment_of(put: Mapping[str, Any]) -> str:
    manifest = put.get("manifest")
    found = manifest.get("environment") if isinstance(manifest, dict) else None
    if not isinstance(found, str):
        raise Tampered("this is no manifest of an environment")
    return found
