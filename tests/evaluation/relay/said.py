"""What upstream says, signed as the real one does it."""

from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evaluation.wire.jws import name_of
from tenants.keys import sha256_of
from tests.evaluation.wire.test_trust import KEY, freshness, manifest, signature

SECRET = "ff_server_" + "a" * 43
PLACE = {"id": "e", "organization": "acme", "project": "shop", "key": "production", "version": 1}


def a_key(secret: str = SECRET, **members: Any) -> dict[str, Any]:
    known = {"sha256": sha256_of(secret), "kind": "server", "environment": "e", "origins": [], "limits": {}}
    return {**known, "expires": None, **members}


def proven(document: dict[str, Any], key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    """Signed with this key, in its own name."""
    kid, now = name_of(key.public_key()), datetime.now(UTC)
    return {"signature": signature(document, key, kid), "freshness": freshness(document, as_of=now, key=key, kid=kid)}


def put(document: dict[str, Any], key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    return {"environment": document["environment"], "manifest": document, **proven(document, key)}


ONE, TWO = manifest(1), manifest(2)
