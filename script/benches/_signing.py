"""Signed states for benches, by a key of their own."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evaluation.core.canonical import canonical, checksum
from evaluation.wire.frames import Proof, put_of_manifest
from evaluation.wire.jws import jwk_of, name_of, sign, sign_detached
from evaluation.wire.trust import FRESHNESS, Freshness

KEY = Ed25519PrivateKey.generate()
NAME = name_of(KEY.public_key())


def jwks() -> dict[str, Any]:
    return {"keys": [jwk_of(KEY.public_key())]}


def signed(document: dict[str, Any]) -> bytes:
    """The state as a poll with a server key answers it."""
    content, now = canonical(document), datetime.now(UTC)
    stated = Freshness(document["environment"], document["version"], checksum(content), now, now + timedelta(hours=1))
    proof = Proof(sign_detached(content, KEY, NAME), sign(stated.as_bytes(), KEY, NAME, kind=FRESHNESS))
    return put_of_manifest(document["version"], content, proof).data
