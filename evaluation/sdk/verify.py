"""`python -m evaluation.sdk.verify FILE --jwks KEYS`: whether a manifest is what the control plane signed. Needs no server.

FILE is what a stream or a poll with a server key begins with, whole, or the bare manifest with its --signature.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.canonical import canonical
from ..core.values import InvalidJson, loads
from ..wire.jws import PublicKeys, Tampered, Untrusted, keys_of, signer_of, verify_detached
from ..wire.trust import Trusted, trust, trust_kept

GOOD, REFUSED, UNREADABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        keys = keys_of(json.loads(given.jwks.read_bytes()))
        content = sys.stdin.buffer.read() if str(given.file) == "-" else given.file.read_bytes()
        fresh_at = datetime.now(UTC) if given.fresh else None
        said = verified(content, given.signature, keys, fresh_at=fresh_at, environment=given.environment)
    except Untrusted as error:
        return _complain(f"REFUSED ({type(error).__name__}): {error}", REFUSED)
    except (OSError, ValueError) as error:
        return _complain(str(error), UNREADABLE)
    sys.stdout.write(f"{said}\n")
    return GOOD


def verified(
    content: bytes,
    signature: str,
    keys: PublicKeys,
    *,
    fresh_at: datetime | None = None,
    environment: str | None = None,
) -> str:
    """What may be believed, in a sentence. Raises Untrusted; with `fresh_at` also for what was not the newest any more.

    `environment` is the id that is expected, if one is.
    """
    document = _object(content)
    if "manifest" in document:
        content, signature = canonical(document["manifest"]), str(document.get("signature", ""))
        freshness = str(document.get("freshness", ""))
        if fresh_at is not None:
            trusted = trust(content, signature, freshness, keys, now=fresh_at, environment=environment)
            return _newest(trusted, signature)
        if freshness:
            return _newest(trust_kept(content, signature, freshness, keys, environment=environment), signature)
    if fresh_at is not None:
        raise Tampered("nothing says how fresh this is")
    verify_detached(signature, content, keys)
    manifest = _object(content)
    if environment not in (None, manifest.get("environment")):
        raise Tampered(f"this is not a manifest of environment {environment}")
    return _named(manifest, signature)


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        document = loads(content)
    except InvalidJson as error:
        raise ValueError(f"this is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("this is no manifest")
    return document


def _newest(trusted: Trusted, signature: str) -> str:
    return f"{_named(trusted.document, signature)}, the newest as of {trusted.freshness.as_of.isoformat()}"


def _named(manifest: Mapping[str, Any], signature: str) -> str:
    what = f"environment {manifest.get('environment')} version {manifest.get('version')}"
    return f"{what}, {len(manifest.get('flags', {}))} flags, signed by {signer_of(signature)}"


def _complain(words: str, code: int) -> int:
    sys.stderr.write(f"flagforge-verify: {words}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flagforge-verify", description="Verify a manifest without any server.")
    parser.add_argument("file", type=Path, metavar="FILE", help="the signed manifest; - reads it from standard input")
    parser.add_argument("--jwks", type=Path, required=True, help="the public keys, as /.well-known/flagforge/jwks.json")
    parser.add_argument("--signature", default="", help="the header FlagForge-Signature, where FILE is a bare manifest")
    parser.add_argument("--fresh", action="store_true", help="refuse also what is not stated to be the newest any more")
    parser.add_argument(
        "--environment", default=None, help="refuse also a manifest of any other environment than this id"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
