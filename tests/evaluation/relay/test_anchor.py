"""Whose public keys a relay believes, at first and after a rotation."""

import json
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evaluation.core.canonical import canonical
from evaluation.relay.anchor import Anchor
from evaluation.wire import jws
from evaluation.wire.jws import PublicKeys
from evaluation.wire.trust import PUBLIC_KEYS, Strangers

FIRST, SECOND, THIRD, ENEMY = (Ed25519PrivateKey.generate() for _ in range(4))


def name(key: Ed25519PrivateKey) -> str:
    return jws.name_of(key.public_key())


def known(*keys: Ed25519PrivateKey) -> PublicKeys:
    return {name(key): key.public_key() for key in keys}


def told(*keys: Ed25519PrivateKey, by: Ed25519PrivateKey | None = None, of: Sequence[Ed25519PrivateKey] = ()) -> bytes:
    """The document with these keys, signed by one; `of` are those of the set that was signed, when it is another."""
    document = {"keys": [jws.jwk_of(key.public_key()) for key in keys]}
    signed = {"keys": [jws.jwk_of(key.public_key()) for key in of or keys]}
    statement = {"signed": jws.sign(canonical(signed), by, name(by), kind=PUBLIC_KEYS)} if by else {}
    return json.dumps({**document, **statement}).encode()


def believed(document: bytes, *before: Ed25519PrivateKey, anchor: Anchor | None = None) -> set[str]:
    return set((anchor or Anchor()).believed(document, known(*before))[1])


def test_the_first_keys_are_believed() -> None:
    assert believed(told(FIRST)) == {name(FIRST)}


def test_after_a_rotation_the_key_before_vouches_for_the_new_one() -> None:
    assert believed(told(SECOND, FIRST, by=FIRST), FIRST) == {name(FIRST), name(SECOND)}
    assert believed(told(THIRD, SECOND, by=SECOND), SECOND, FIRST) == {name(SECOND), name(THIRD)}


def test_a_key_that_was_dropped_is_believed_no_more() -> None:
    assert believed(told(SECOND, by=SECOND), SECOND, FIRST) == {name(SECOND)}


@pytest.mark.parametrize(
    "document",
    [
        told(),
        told(ENEMY),
        told(ENEMY, by=ENEMY),
        told(ENEMY, FIRST),
        told(ENEMY, FIRST, by=ENEMY),
        told(THIRD, SECOND, by=SECOND),
    ],
    ids=["none", "a stranger", "one that signs itself", "one beside ours", "both, signed by it", "two rotations later"],
)
def test_keys_that_no_known_one_vouches_for_are_refused(document: bytes) -> None:
    with pytest.raises(Strangers):
        believed(document, FIRST)


def test_only_what_was_signed_is_believed() -> None:
    assert believed(told(ENEMY, FIRST, by=FIRST, of=[SECOND, FIRST]), FIRST) == {name(FIRST), name(SECOND)}


def test_what_is_kept_for_the_next_start_names_no_key_that_was_slipped_in() -> None:
    kept, _ = Anchor().believed(told(ENEMY, FIRST, by=FIRST, of=[SECOND, FIRST]), known(FIRST))
    honest = told(SECOND, FIRST, by=FIRST)

    assert believed(kept) == {name(FIRST), name(SECOND)}
    assert believed(kept, FIRST) == {name(FIRST), name(SECOND)}
    assert Anchor().believed(honest, known(FIRST))[0] == honest


def test_a_file_of_public_keys_is_believed_alone() -> None:
    anchor = Anchor(told(FIRST))

    assert believed(told(ENEMY), anchor=anchor) == {name(FIRST)}


def test_of_pinned_names_those_count_that_are_thumbprints_of_what_came() -> None:
    anchor = Anchor(names={name(FIRST), name(SECOND)})
    disguised = {"keys": [{**jws.jwk_of(ENEMY.public_key()), "kid": name(FIRST)}]}

    assert believed(told(FIRST, ENEMY), anchor=anchor) == {name(FIRST)}
    for document in (told(ENEMY), told(), json.dumps(disguised).encode()):
        with pytest.raises(Strangers):
            believed(document, anchor=anchor)
