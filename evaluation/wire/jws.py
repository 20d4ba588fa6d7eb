"""Signatures over bytes: JSON Web Signatures with Ed25519 (RFC 7515, RFC 8037), attached or detached (RFC 7797)."""

import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ..core.canonical import canonical

# By their names, `kid`.
PublicKeys = Mapping[str, Ed25519PublicKey]
# The payload lies beside the signature, as it is: a manifest need not be copied into base64.
DETACHED = {"b64": False, "crit": ["b64"]}


class Untrusted(ValueError):
    """What came is not taken. Subclasses say why."""


class Tampered(Untrusted):
    """The signature does not belong to these bytes, or is none at all."""


class UnknownSigner(Untrusted):
    """Signed with a key that is not among the public ones; after a rotation, fetching them again helps."""


def name_of(key: Ed25519PublicKey) -> str:
    """The key's RFC 7638 thumbprint: a name that nobody else can have."""
    members = {name: value for name, value in _members(key).items() if name in ("crv", "kty", "x")}
    return _text(hashlib.sha256(canonical(members)).digest())


def jwk_of(key: Ed25519PublicKey) -> dict[str, str]:
    """As it stands in a JWKS."""
    return {**_members(key), "kid": name_of(key), "alg": "EdDSA", "use": "sig"}


def keys_of(jwks: Mapping[str, Any]) -> PublicKeys:
    """The Ed25519 keys of a JWKS document, by name; keys of other kinds are passed over. Raises ValueError for nonsense."""
    try:
        ours = [jwk for jwk in jwks["keys"] if (jwk.get("kty"), jwk.get("crv")) == ("OKP", "Ed25519")]
        return {jwk["kid"]: Ed25519PublicKey.from_public_bytes(_bytes(jwk["x"])) for jwk in ours}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"this is no set of public keys: {error!r}") from None


def sign(payload: bytes, key: Ed25519PrivateKey, kid: str, *, kind: str) -> str:
    """A compact JWS that carries its payload; `kind` says what it is, so that it is taken for nothing else."""
    head = _text(canonical({"alg": "EdDSA", "kid": kid, "typ": kind})) + "." + _text(payload)
    return head + "." + _text(key.sign(head.encode()))


def read(token: str, keys: PublicKeys, *, kind: str) -> bytes:
    """The payload of a JWS of this kind; raises Untrusted."""
    header, payload, signature = _parts(token)
    _check(header, {"typ": kind})
    _verify(_key(header, keys), signature, token.rpartition(".")[0].encode())
    return _bytes(payload)


def sign_detached(content: bytes, key: Ed25519PrivateKey, kid: str) -> str:
    """A JWS without the payload, which is these exact bytes."""
    head = _text(canonical({"alg": "EdDSA", "kid": kid, **DETACHED}))
    return f"{head}..{_text(key.sign(head.encode() + b'.' + content))}"


def verify_detached(token: str, content: bytes, keys: PublicKeys) -> None:
    """Raises Untrusted unless the token signs these exact bytes."""
    header, payload, signature = _parts(token)
    if payload:
        raise Tampered("the signature is not detached")
    _check(header, DETACHED)
    _verify(_key(header, keys), signature, token.partition(".")[0].encode() + b"." + content)


def signer_of(token: str) -> str:
    """The name of the key that a JWS says it is signed with; "" for what is no JWS. Nothing is verified."""
    try:
        return str(_parts(token)[0].get("kid", ""))
    except Tampered:
        return ""


def _parts(token: str) -> tuple[dict[str, Any], str, bytes]:
    try:
        head, payload, signature = token.split(".")
        header = json.loads(_bytes(head))
        if not isinstance(header, dict):
            raise TypeError(head)
        return header, payload, _bytes(signature)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Tampered("this is no signature") from None


def _check(header: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Nothing is left to the sender: neither the algorithm nor extensions that it may call critical."""
    expected = {"alg": "EdDSA", **wanted}
    if {name: value for name, value in header.items() if name != "kid"} != expected:
        raise Tampered(f"the signature's header is not {json.dumps(expected)} with a kid")


def _key(header: Mapping[str, Any], keys: PublicKeys) -> Ed25519PublicKey:
    kid = header.get("kid")
    if not isinstance(kid, str) or kid not in keys:
        raise UnknownSigner(f"the signing key {kid!r} is not among the public keys")
    return keys[kid]


def _verify(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> None:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        raise Tampered("the signature does not belong to what it came with") from None


def _members(key: Ed25519PublicKey) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": _text(key.public_bytes_raw())}


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Strictly: what is no base64 is not passed over, since a signature is handed on to other readers as it came."""
    return b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
