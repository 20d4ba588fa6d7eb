"""A relay that follows nobody: it serves one signed manifest out of a file."""

from collections.abc import Mapping
from pathlib import Path

from ..core.canonical import canonical
from ..core.manifest import read_manifest
from ..core.values import InvalidJson, loads
from ..sdk.mirror import Copy
from ..sdk.refusals import REFUSED
from ..sdk.upstream import NeverTaken, Upstream
from ..wire.frames import Proof
from ..wire.jws import PublicKeys
from ..wire.trust import trust_kept, trust_signed
from .heard import Heard
from .holdings import sha256_of

NAMELESS = {"organization": "", "project": ""}


class Nobody(Upstream):
    """Stands for upstream where there is none."""

    def __init__(self) -> None:
        super().__init__("", "")

    async def send(self, path: str, body: bytes, query: Mapping[str, str] | None = None) -> None:
        raise NeverTaken("this relay is offline")


def read_file(file: Path, signature: str, keys: PublicKeys) -> Copy:
    """A signed manifest as a stream or a poll brings it, or the bare one with its signature.

    Raises ValueError where it is refused, and OSError.
    """
    try:
        copy = _copy(file.read_bytes(), signature, keys)
        read_manifest(copy.trusted.content)
    except REFUSED as error:
        raise ValueError(f"{file} is refused: {type(error).__name__}: {error}") from None
    return copy


def hold(copy: Copy, api_keys: tuple[str, ...], heard: Heard) -> None:
    """For callers with these keys."""
    environment_id = copy.environment_id
    heard.jwks, heard.mirror.keys = heard.anchor.believed(b"", {})
    heard.hear_environments(
        [{"id": environment_id, **NAMELESS, "key": environment_id, "version": copy.trusted.version}]
    )
    heard.mirror.copies[environment_id] = copy
    heard.holdings.swap(copy)
    heard.hear_keys([_told(key, environment_id) for key in api_keys])


def _copy(content: bytes, signature: str, keys: PublicKeys) -> Copy:
    document = loads(content)
    if not isinstance(document, dict):
        raise InvalidJson("this is no manifest")
    proof = Proof(signature, "")
    if "manifest" in document:
        content = canonical(document["manifest"])
        proof = Proof(str(document.get("signature", "")), str(document.get("freshness", "")))
    if proof.freshness:
        return Copy(trust_kept(content, *proof, keys), proof)
    return Copy(trust_signed(content, proof.signature, keys), proof)


def _told(api_key: str, environment_id: str) -> dict[str, object]:
    kind = api_key.split("_")[1]
    return {"sha256": sha256_of(api_key), "kind": kind, "environment": environment_id, "origins": [], "limits": {}}
