"""What upstream says, signed as the real one does it."""

from datetime import UTC, datetime
from typing import Any

from tenants.keys import sha256_of
from tests.evaluation.wire.test_trust import freshness, manifest, signature

SECRET = "ff_server_" + "a" * 43
PLACE = {"id": "e", "organization": "acme", "project": "shop", "key": "production", "version": 1}


def a_key(secret: str = SECRET, **members: Any) -> dict[str, Any]:
    known = {"sha256": sha256_of(secret), "kind": "server", "environment": "e", "origins": [], "limits": {}}
    return {**known, "expires": None, **members}


def proven(document: dict[str, Any]) -> dict[str, Any]:
    return {"signature": signature(document), "freshness": freshness(document, as_of=datetime.now(UTC))}


def put(document: dict[str, Any]) -> dict[str, Any]:
    return {"environment": document["environment"], "manifest": document, **proven(document)}


ONE, TWO = manifest(1), manifest(2)
