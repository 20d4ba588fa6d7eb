"""Whose signatures a relay believes: keys that an operator gave it, or those that it saw first and whoever they vouch for."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from ..core.canonical import canonical
from ..wire.jws import PublicKeys, jwk_of, keys_of, name_of
from ..wire.trust import Strangers, trust_keys


@dataclass(frozen=True, slots=True)
class Anchor:
    """`jwks` is a document that alone is believed; `names` are thumbprints of keys (`kid`), no others of upstream's count."""

    jwks: bytes = b""
    names: Collection[str] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for what is no JWKS, or one without a key of ours."""
        if self.jwks and not keys_of(json.loads(self.jwks)):
            raise ValueError("it holds no Ed25519 key")

    def believed(self, told: bytes, known: PublicKeys) -> tuple[bytes, PublicKeys]:
        """A JWKS document and its keys. Raises Strangers, and ValueError where it cannot be read."""
        if self.jwks:
            return self.jwks, keys_of(json.loads(self.jwks))
        if not self.names:
            return trust_keys(told, known)
        keys = {kid: key for kid, key in keys_of(json.loads(told)).items() if name_of(key) in self.names}
        if not keys:
            raise Strangers("none of upstream's public keys is one of those that are pinned")
        return canonical({"keys": [jwk_of(key) for key in keys.values()]}), keys
