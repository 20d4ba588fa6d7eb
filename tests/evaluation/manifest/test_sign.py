"""Signing keys: made, sealed, rotated; what they signed can be verified with what is public."""

import json
import zlib
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluation.core.canonical import checksum
from evaluation.manifest import memory, sign
from evaluation.manifest.proof import proof_of
from evaluation.models import ManifestVersion, SigningKey
from evaluation.wire import jws
from evaluation.wire.trust import Strangers, read_freshness, trust_keys
from tenants.models import Environment, OutboxEvent
from tenants.sealing import SealBroken
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db(transaction=True)
Publish = Callable[[], int]


@pytest.fixture
def manifest(a_flag: MakeFlag, development: Environment, publish: Publish) -> ManifestVersion:
    a_flag("checkout", development)
    publish()
    found: ManifestVersion = ManifestVersion.objects.latest("version")
    return found


def public() -> jws.PublicKeys:
    return jws.keys_of(json.loads(json.dumps(sign.jwks())))


def test_a_published_manifest_is_signed(manifest: ManifestVersion) -> None:
    content = zlib.decompress(manifest.content)

    jws.verify_detached(manifest.signature, content, public())

    assert checksum(content) == manifest.checksum
    with pytest.raises(jws.Tampered):
        jws.verify_detached(manifest.signature, content + b" ", public())


def test_the_first_key_is_made_once(manifest: ManifestVersion, a_flag: MakeFlag, publish: Publish) -> None:
    sign.forget_everything()
    a_flag("banner")
    publish()

    assert SigningKey.objects.count() == 1
    assert {jws.signer_of(each.signature) for each in ManifestVersion.objects.all()} == set(public())


def test_the_key_before_vouches_for_the_new_one(manifest: ManifestVersion) -> None:
    before = public()
    kid = sign.rotate()

    _, after = trust_keys(json.dumps(sign.jwks()).encode(), before)

    assert set(after) == {*before, kid}


def test_nobody_vouches_for_a_new_key_once_the_one_before_is_dropped(manifest: ManifestVersion) -> None:
    before = public()
    sign.rotate(keep_previous=False)

    with pytest.raises(Strangers):
        trust_keys(json.dumps(sign.jwks()).encode(), before)


def test_a_known_key_costs_no_query(manifest: ManifestVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign, "LOOK_SECONDS", 600)  # however slow this machine is

    with CaptureQueriesContext(connection) as queries:
        sign.sign_manifest(b"{}")

    assert len(queries) == 0


def test_what_lies_in_the_database_opens_nothing_by_itself(
    manifest: ManifestVersion, settings: Any, development: Environment, a_flag: MakeFlag, publish: Publish
) -> None:
    settings.ENVELOPE_KEYS = (b"another key of thirty-two bytes!",)
    sign.forget_everything()

    with pytest.raises(SealBroken, match="sealed with another FLAGFORGE_ENVELOPE_KEY"):
        sign.load()
    a_flag("banner", development)
    publish()

    assert "rotate_signing_key --drop-previous" in OutboxEvent.objects.filter(processed_at=None)[0].last_error
    assert memory.load(development.id) is not None


def test_a_key_that_somebody_slipped_into_the_database_is_not_published(manifest: ManifestVersion) -> None:
    mine = SigningKey.objects.get()
    SigningKey(kid="forged", sealed=mine.sealed).save()

    with pytest.raises(SealBroken):
        sign.load()
    assert set(public()) == {mine.kid}


def test_after_one_rotation_both_keys_are_public_and_the_new_one_signs(manifest: ManifestVersion) -> None:
    old = set(public())

    call_command("rotate_signing_key", stdout=StringIO())

    new = set(public()) - old
    assert set(public()) == old | new
    assert {jws.signer_of(sign.sign_manifest(b"{}"))} == new
    jws.verify_detached(manifest.signature, zlib.decompress(manifest.content), public())


def test_after_two_rotations_what_is_held_is_signed_again(manifest: ManifestVersion, development: Environment) -> None:
    held = memory.load(development.id)
    assert held is not None
    before = proof_of(held)
    for _ in range(2):
        call_command("rotate_signing_key", stdout=StringIO())

    after = proof_of(held)

    assert before.signature == manifest.signature
    assert len(public()) == 2
    with pytest.raises(jws.UnknownSigner):
        jws.verify_detached(before.signature, held.content, public())
    jws.verify_detached(after.signature, held.content, public())


def test_a_key_that_others_may_know_can_be_dropped_at_once(manifest: ManifestVersion) -> None:
    said = StringIO()

    call_command("rotate_signing_key", "--drop-previous", stdout=said)

    (kid,) = public()
    assert said.getvalue().startswith(f"{kid} signs from now on")
    with pytest.raises(jws.UnknownSigner):
        jws.verify_detached(manifest.signature, zlib.decompress(manifest.content), public())


def test_how_fresh_it_is_is_stated_again_once_the_key_that_stated_it_is_dropped(
    manifest: ManifestVersion, development: Environment
) -> None:
    held = memory.load(development.id)
    assert held is not None
    proof_of(held)
    call_command("rotate_signing_key", "--drop-previous", stdout=StringIO())

    after = proof_of(held)

    assert read_freshness(after.freshness, public()).version == held.version


def test_a_lost_envelope_key_is_overcome_by_a_new_signing_key(
    manifest: ManifestVersion, settings: Any, development: Environment, a_flag: MakeFlag, publish: Publish
) -> None:
    settings.ENVELOPE_KEYS = (b"another key of thirty-two bytes!",)
    sign.forget_everything()

    call_command("rotate_signing_key", "--drop-previous", stdout=StringIO())
    a_flag("banner", development)
    publish()

    newest = ManifestVersion.objects.latest("id")
    jws.verify_detached(newest.signature, zlib.decompress(newest.content), public())


def test_a_manifest_of_before_there_were_signatures_is_signed_when_it_is_served(
    manifest: ManifestVersion, development: Environment
) -> None:
    ManifestVersion.objects.update(signature="")
    cache.clear()

    held = memory.load(development.id)

    assert held is not None
    jws.verify_detached(proof_of(held).signature, held.content, public())
