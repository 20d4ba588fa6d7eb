"""Signatures over bytes."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evaluation.wire import jws

# RFC 8037, appendix A: the key, its thumbprint, and a signature made with it.
SECRET = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
PUBLIC = SECRET.public_key()
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
KEYS = {THUMBPRINT: PUBLIC}


def b64(document: Any) -> str:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def forged(header: dict[str, Any], payload: bytes = b"") -> str:
    """Truly signed, under a header that is not ours."""
    head = f"{b64(header)}.{b64(payload)}"
    return f"{head}.{b64(SECRET.sign(head.encode()))}"


def test_a_key_is_named_by_its_thumbprint() -> None:
    assert jws.name_of(PUBLIC) == THUMBPRINT


def test_the_signature_of_the_standard_is_understood() -> None:
    """Its header has no name and no type, so that only the mathematics is compared."""
    signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

    assert b64(SECRET.sign(signed)) == signature
    PUBLIC.verify(jws._bytes(signature), signed)


def test_public_keys_come_back_from_their_document() -> None:
    document = json.loads(json.dumps({"keys": [jws.jwk_of(PUBLIC), {"kty": "RSA", "kid": "other"}]}))

    assert jws.keys_of(document) == KEYS
    assert document["keys"][0] == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "kid": THUMBPRINT,
        "alg": "EdDSA",
        "use": "sig",
    }


@pytest.mark.parametrize(
    "document", [{}, {"keys": 1}, {"keys": ["a"]}, {"keys": [{"kty": "OKP", "crv": "Ed25519"}]}, []]
)
def test_what_is_no_set_of_keys_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="no set of public keys"):
        jws.keys_of(document)


@given(st.binary(max_size=200), st.integers(0), st.integers(1, 255))
def test_a_detached_signature_holds_for_its_bytes_alone(content: bytes, at: int, flip: int) -> None:
    token = jws.sign_detached(content, SECRET, THUMBPRINT)

    jws.verify_detached(token, content, KEYS)
    if content:
        at %= len(content)
        other = content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :]
        with pytest.raises(jws.Tampered):
            jws.verify_detached(token, other, KEYS)


def test_a_detached_signature_is_one_of_rfc_7797() -> None:
    head, payload, _ = jws.sign_detached(b"{}", SECRET, THUMBPRINT).split(".")

    assert payload == ""
    assert json.loads(jws._bytes(head)) == {"alg": "EdDSA", "b64": False, "crit": ["b64"], "kid": THUMBPRINT}


def test_a_statement_is_read_as_what_it_is() -> None:
    token = jws.sign(b'{"a":1}', SECRET, THUMBPRINT, kind="statement")

    assert jws.read(token, KEYS, kind="statement") == b'{"a":1}'
    assert jws.signer_of(token) == THUMBPRINT
    with pytest.raises(jws.Tampered):
        jws.read(token, KEYS, kind="other")


def test_an_unknown_signer_is_told_apart() -> None:
    token = jws.sign_detached(b"{}", SECRET, THUMBPRINT)

    with pytest.raises(jws.UnknownSigner):
        jws.verify_detached(token, b"{}", {})


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "EdDSA"},
        {"alg": "EdDSA", "b64": True, "crit": ["b64"]},
        {"alg": "EdDSA", "b64": False},
        {"alg": "EdDSA", "b64": False, "crit": ["b64", "exp"]},
        {"alg": "EdDSA", "b64": False, "crit": ["b64"], "jwk": {}},
    ],
)
def test_the_sender_chooses_neither_algorithm_nor_extensions(header: dict[str, Any]) -> None:
    with pytest.raises(jws.Tampered, match="header is not"):
        jws.verify_detached(forged({**header, "kid": THUMBPRINT}), b"", KEYS)


@pytest.mark.parametrize("kid", [None, 1, [], {}])
def test_a_name_that_is_no_name_is_an_unknown_signer(kid: Any) -> None:
    with pytest.raises(jws.UnknownSigner):
        jws.verify_detached(forged({"alg": "EdDSA", **jws.DETACHED, "kid": kid}), b"", KEYS)


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c.d", "..", "W10..", "e30..é", "\ud800..", "eyJ9..x", 3])
def test_what_is_no_signature_is_refused(token: Any) -> None:
    with pytest.raises(jws.Untrusted):
        jws.verify_detached(token, b"", KEYS)
    assert jws.signer_of(token) == ""


def test_a_payload_that_came_along_is_not_taken_for_a_detached_one() -> None:
    with pytest.raises(jws.Tampered, match="not detached"):
        jws.verify_detached(forged({"alg": "EdDSA", **jws.DETACHED, "kid": THUMBPRINT}, b"x"), b"x", KEYS)
