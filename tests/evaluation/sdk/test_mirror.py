"""A mirror takes what is signed and new, and goes on with what it has where something is wrong."""

from datetime import timedelta
from typing import Any

import pytest

from evaluation.core.delta import DeltaMismatch, diff
from evaluation.sdk.mirror import Mirror
from evaluation.wire.jws import Tampered, UnknownSigner, Untrusted
from evaluation.wire.trust import Expired, Outdated
from tests.evaluation.wire.test_trust import KEYS, NOW, STRANGER, freshness, manifest, signature

ONE, TWO = manifest(1, a={"version": 1}), manifest(2, a={"version": 2})


def put(document: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"manifest": document, "signature": signature(document), "freshness": freshness(document), **other}


def change(**other: Any) -> dict[str, Any]:
    return {**diff(ONE, TWO), "signature": signature(TWO), "freshness": freshness(TWO), **other}


@pytest.fixture
def mirror() -> Mirror:
    """At version 1."""
    mirror = Mirror(KEYS)
    mirror.replace("e", put(ONE), now=NOW)
    return mirror


def test_a_delta_leads_to_the_next_version(mirror: Mirror) -> None:
    copy = mirror.change("e", change(), now=NOW)

    assert copy.trusted.document == TWO
    assert mirror.positions() == {"e": 2}


@pytest.mark.parametrize(
    ("forged", "error"),
    [
        ({"signature": signature(TWO, STRANGER)}, Tampered),
        ({"signature": signature(ONE)}, Tampered),
        ({"signature": None}, Tampered),
        ({"freshness": freshness(ONE)}, Tampered),
        ({"from": 7}, DeltaMismatch),
        ({"checksum": "sha256:0"}, DeltaMismatch),
    ],
)
def test_a_forged_delta_changes_nothing(mirror: Mirror, forged: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        mirror.change("e", change(**forged), now=NOW)

    assert mirror.copies["e"].trusted.document == ONE


def test_a_signature_with_letters_that_are_none_is_refused(mirror: Mirror) -> None:
    with pytest.raises(Tampered):
        mirror.replace("e", put(TWO, signature=signature(TWO) + '"\n'), now=NOW)


def test_an_older_manifest_is_refused(mirror: Mirror) -> None:
    mirror.change("e", change(), now=NOW)

    with pytest.raises(Outdated):
        mirror.replace("e", put(ONE), now=NOW)


def test_a_new_manifest_that_nobody_vouches_for_any_more_is_refused(mirror: Mirror) -> None:
    with pytest.raises(Expired):
        mirror.replace("e", put(TWO), now=NOW + timedelta(hours=3))


def test_one_that_was_kept_is_taken_however_old() -> None:
    mirror = Mirror(KEYS)

    mirror.recall("e", put(ONE))

    assert mirror.positions() == {"e": 1}


@pytest.mark.parametrize("spoiled", [{"manifest": TWO}, {"signature": ""}, {"freshness": "…"}, {"manifest": None}])
def test_one_that_was_spoiled_on_disk_is_refused(spoiled: dict[str, Any]) -> None:
    with pytest.raises(Untrusted):
        Mirror(KEYS).recall("e", put(ONE, **spoiled))


def test_the_manifest_of_another_environment_is_refused() -> None:
    mirror = Mirror(KEYS)

    with pytest.raises(Tampered):
        mirror.replace("other", put(ONE), now=NOW)

    assert mirror.copies == {}


def test_without_the_signing_key_nothing_is_taken() -> None:
    with pytest.raises(UnknownSigner):
        Mirror({}).replace("e", put(ONE), now=NOW)


def test_after_a_doubt_the_stream_begins_with_the_whole(mirror: Mirror) -> None:
    mirror.doubt("e")
    positions = mirror.positions()
    mirror.replace("e", put(TWO), now=NOW)

    assert (positions, mirror.positions()) == ({}, {"e": 2})


def test_a_newer_statement_makes_the_copy_fresh_again(mirror: Mirror) -> None:
    later = freshness(ONE, as_of=NOW + timedelta(minutes=5))

    copy = mirror.renew("e", {"freshness": later})

    assert copy.proof.freshness == later
    assert copy.trusted.freshness.as_of == NOW + timedelta(minutes=5)
