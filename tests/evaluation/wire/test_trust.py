"""What a reader believes, and what it refuses."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evaluation.core.canonical import canonical, checksum
from evaluation.core.delta import DeltaMismatch, diff
from evaluation.wire import jws, trust
from evaluation.wire.trust import Expired, Freshness, Outdated, Trusted

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
KID = jws.name_of(KEY.public_key())
KEYS = {KID: KEY.public_key()}
STRANGER = Ed25519PrivateKey.generate()


def manifest(version: int, *, environment: str = "e", **flags: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "environment": environment,
        "version": version,
        "issued": "2026-11-21T09:00:00Z",
        "flags": flags,
        "segments": {},
    }


def freshness(
    document: dict[str, Any], *, as_of: datetime = NOW, key: Ed25519PrivateKey = KEY, kid: str = KID, **other: Any
) -> str:
    named = {"environment": document["environment"], "version": document["version"]}
    stated = {**named, "checksum": checksum(canonical(document)), **other}
    statement = Freshness(**stated, as_of=as_of, expires=as_of + timedelta(hours=1))
    return jws.sign(statement.as_bytes(), key, kid, kind=trust.FRESHNESS)


def signature(document: dict[str, Any], key: Ed25519PrivateKey = KEY, kid: str = KID) -> str:
    return jws.sign_detached(canonical(document), key, kid)


def take(document: dict[str, Any], *, held: Trusted | None = None, now: datetime = NOW, **proof: str) -> Trusted:
    signed = proof.get("signature", signature(document))
    return trust.trust(canonical(document), signed, proof.get("fresh", freshness(document)), KEYS, now=now, held=held)


def take_delta(
    held: Trusted, after: dict[str, Any], *, now: datetime = NOW, members: Mapping[str, Any] | None = None
) -> Trusted:
    """With other members than the honest ones; None leaves one out."""
    proof = {"signature": signature(after), "freshness": freshness(after)}
    delta = json.loads(canonical({**diff(held.document, after), **proof, **(members or {})}))
    return trust.trust_delta(held, {name: value for name, value in delta.items() if value is not None}, KEYS, now=now)


def test_what_is_signed_and_fresh_is_taken() -> None:
    taken = take(manifest(4, a={}))

    assert (taken.version, taken.document["flags"], taken.freshness.as_of) == (4, {"a": {}}, NOW)


def test_what_somebody_else_signed_is_refused() -> None:
    with pytest.raises(jws.Tampered):
        take(manifest(4), signature=signature(manifest(4), STRANGER))


def test_a_signature_of_another_manifest_is_refused() -> None:
    with pytest.raises(jws.Tampered):
        take(manifest(4, a={}), signature=signature(manifest(4)))


def test_signed_bytes_that_are_no_manifest_are_refused() -> None:
    for content in (b"[]", b"{", b'{"a":1,"a":2}'):
        with pytest.raises(jws.Tampered, match="signed, but no"):
            trust.trust_kept(content, jws.sign_detached(content, KEY, KID), freshness(manifest(4)), KEYS)


@pytest.mark.parametrize(
    "fresh",
    [
        freshness(manifest(4), key=STRANGER),
        freshness(manifest(5)),
        freshness(manifest(4), environment="other"),
        freshness(manifest(4), checksum="sha256:other"),
        jws.sign(b"[]", KEY, KID, kind=trust.FRESHNESS),
        jws.sign(b"{}", KEY, KID, kind=trust.FRESHNESS),
        jws.sign(canonical(manifest(4)), KEY, KID, kind="other"),
        signature(manifest(4)),
        "",
    ],
)
def test_a_statement_about_something_else_is_refused(fresh: str) -> None:
    with pytest.raises(jws.Tampered):
        take(manifest(4), fresh=fresh)


def test_an_older_one_than_was_seen_is_refused() -> None:
    held = take(manifest(5))

    with pytest.raises(Outdated, match="version 4 came, and version 5 was seen"):
        take(manifest(4), held=held)
    assert take(manifest(5), held=held).version == 5


def test_a_new_reader_refuses_another_environment_than_it_expects() -> None:
    proof = (canonical(manifest(4)), signature(manifest(4)), freshness(manifest(4)), KEYS)

    assert trust.trust(*proof, now=NOW, environment="e").version == 4
    with pytest.raises(jws.Tampered, match="not a manifest of environment other"):
        trust.trust(*proof, now=NOW, environment="other")
    with pytest.raises(jws.Tampered, match="not a manifest of environment other"):
        trust.trust_kept(*proof, environment="other")


def test_another_environment_is_refused() -> None:
    with pytest.raises(jws.Tampered, match="another environment"):
        take(manifest(6, environment="other"), held=take(manifest(5)))


def test_a_new_one_that_nobody_calls_the_newest_any_more_is_refused() -> None:
    last = NOW + timedelta(hours=1) + trust.CLOCK_SKEW

    assert take(manifest(4), now=last).version == 4
    with pytest.raises(Expired, match="was the newest until 2026-11-21T11:00:00Z"):
        take(manifest(4), now=last + timedelta(seconds=1))


def test_a_clock_that_is_wrong_by_an_hour_stops_nobody() -> None:
    for wrong in (-trust.CLOCK_SKEW, trust.CLOCK_SKEW):
        assert take(manifest(4), now=NOW + wrong).version == 4


def test_what_is_held_is_stale_and_never_dropped() -> None:
    held = take(manifest(4))

    assert not held.is_stale(NOW + trust.STALE_AFTER)
    assert held.is_stale(NOW + trust.STALE_AFTER + timedelta(seconds=1))


def test_what_was_kept_on_disk_is_taken_however_old_it_is() -> None:
    old = freshness(manifest(4), as_of=NOW - timedelta(days=365))

    kept = trust.trust_kept(canonical(manifest(4)), signature(manifest(4)), old, KEYS)

    assert kept.is_stale(NOW)


def test_a_quiet_environment_is_not_a_stale_one() -> None:
    held, later = take(manifest(4)), NOW + timedelta(hours=5)

    renewed = trust.renew(held, freshness(manifest(4), as_of=later), KEYS)

    assert not renewed.is_stale(later)
    assert renewed.content is held.content


@pytest.mark.parametrize(
    "other",
    [
        freshness(manifest(5), as_of=NOW + timedelta(hours=1)),
        freshness(manifest(4), as_of=NOW - timedelta(hours=1)),
        freshness(manifest(4), as_of=NOW + timedelta(hours=1), environment="other"),
    ],
)
def test_an_older_statement_or_one_about_something_else_renews_nothing(other: str) -> None:
    held = take(manifest(4))

    assert trust.renew(held, other, KEYS) is held


def test_a_delta_leads_to_what_was_signed() -> None:
    after = manifest(5, a={"x": 2}, b={})

    taken = take_delta(take(manifest(4, a={"x": 1}, c={})), after)

    assert taken.content == canonical(after)


def test_a_forged_delta_with_a_right_checksum_is_refused() -> None:
    """Whoever can change a delta can count its checksum anew, but cannot sign what it makes."""
    held, honest, evil = take(manifest(4, a={"x": 1})), manifest(5, a={"x": 2}), manifest(5, a={"x": 3})

    with pytest.raises(jws.Tampered):
        take_delta(held, evil, members={"signature": signature(honest), "freshness": freshness(honest)})
    with pytest.raises(jws.Tampered):
        take_delta(held, evil, members={"signature": signature(evil, STRANGER)})
    assert take_delta(held, honest).version == 5


@pytest.mark.parametrize("missing", ["signature", "freshness"])
def test_a_delta_without_proof_is_refused(missing: str) -> None:
    with pytest.raises(jws.Tampered, match="not signed"):
        take_delta(take(manifest(4)), manifest(5), members={missing: None})


def test_a_delta_that_leads_back_is_refused() -> None:
    with pytest.raises(Outdated):
        take_delta(take(manifest(5)), manifest(4))


def test_a_delta_that_is_too_old_is_refused() -> None:
    with pytest.raises(Expired):
        take_delta(take(manifest(4)), manifest(5), now=NOW + timedelta(days=1))


def test_a_delta_that_starts_elsewhere_needs_the_whole() -> None:
    with pytest.raises(DeltaMismatch):
        take_delta(take(manifest(4)), manifest(6), members={"from": 5})
