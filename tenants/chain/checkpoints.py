"""Checkpoints: where a chain stood at a time, signed with Ed25519, to be kept where whoever holds the database cannot write."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .entries import text_of

# What the signature covers begins with this, so that it can be taken for nothing else.
PREFIX = "flagforge audit checkpoint\n"
# `head`: the chain ended there at that time. `purge`: all up to there was removed by policy, and the chain goes on behind it.
# `end`: the whole chain was removed with its organization.
KINDS = ("head", "purge", "end")

PublicKeys = Mapping[str, Ed25519PublicKey]


class Untrusted(ValueError):
    """No checkpoint, or none that one of the keys has signed."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The entry at `position` has this hash. `at` is ISO 8601 in UTC with `Z`."""

    chain: str
    position: int
    hash: str
    at: str
    kind: str
    kid: str
    signature: str = ""

    def document(self) -> dict[str, Any]:
        return asdict(self)


def signed(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> Checkpoint:
    return Checkpoint(**{**asdict(checkpoint), "signature": _text(key.sign(_said(checkpoint)))})


def read_checkpoint(document: object, keys: PublicKeys) -> Checkpoint:
    """Raises Untrusted unless the document is a checkpoint that one of the keys has signed."""
    try:
        checkpoint = Checkpoint(**document)  # type: ignore[arg-type]  # whatever is wrong with it raises
        keys[checkpoint.kid].verify(_bytes(checkpoint.signature), _said(checkpoint))
    except KeyError:
        raise Untrusted(f"a checkpoint is signed with {checkpoint.kid!r}, which is none of the public keys") from None
    except (AttributeError, TypeError, ValueError, InvalidSignature):
        raise Untrusted("a checkpoint is not what its key has signed") from None
    if checkpoint.kind not in KINDS:
        raise Untrusted(f"nobody knows a checkpoint of the kind {checkpoint.kind!r}")
    return checkpoint


def _said(checkpoint: Checkpoint) -> bytes:
    members = asdict(checkpoint)
    del members["signature"]
    return (PREFIX + text_of(members)).encode()


def documents_in(content: bytes) -> Iterator[object]:
    """The checkpoints of a file: one document, an answer of the API with many as `results`, or the body of a webhook.

    Raises ValueError.
    """
    whole = json.loads(content)
    if isinstance(whole, dict) and isinstance(whole.get("data"), dict):
        whole = {name: value for name, value in whole["data"].items() if name != "organization"}
    yield from whole["results"] if isinstance(whole, dict) and "results" in whole else [whole]


def name_of(key: Ed25519PublicKey) -> str:
    """The key's RFC 7638 thumbprint: a name that nobody else can have."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": _text(key.public_bytes_raw())}
    return _text(hashlib.sha256(text_of(members).encode()).digest())


def jwk_of(key: Ed25519PublicKey) -> dict[str, str]:
    """As it stands in a JWKS."""
    x = _text(key.public_bytes_raw())
    return {"crv": "Ed25519", "kty": "OKP", "x": x, "kid": name_of(key), "alg": "EdDSA", "use": "sig"}


def keys_of(jwks: object) -> PublicKeys:
    """The keys of a JWKS document under the names that they themselves make. Raises ValueError for nonsense."""
    try:
        keys = [public_key(jwk["x"]) for jwk in jwks["keys"] if jwk["crv"] == "Ed25519"]  # type: ignore[index]  # the same
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is no set of public keys: {error!r}") from None
    return {name_of(key): key for key in keys}


def public_key(x: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(_bytes(x))


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
