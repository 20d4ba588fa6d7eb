"""Checkpoints: when they are taken, what they say, where they lie."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from flagforge.celery import app
from tenants import audit, services
from tenants.actors import Actor
from tenants.audit import checkpoints, signing
from tenants.audit.heads import fault_of
from tenants.chain.checkpoints import Untrusted, keys_of, read_checkpoint
from tenants.models import INSTANCE_CHAIN, AuditCheckpoint, AuditHead, AuditKey, Organization, OutboxEvent
from tenants.tasks import take_checkpoints

pytestmark = pytest.mark.django_db
OTHER_KEY = bytes(range(32))


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.json"))


def test_each_chain_that_grew_is_signed_and_written(busy: Organization, checkpoint_folder: Path) -> None:
    assert take_checkpoints() == 2

    written = f"{busy.id}/000000000009-head.checkpoint.json"
    instance = AuditHead.objects.get(chain=INSTANCE_CHAIN).position
    assert files(checkpoint_folder) == sorted(
        [written, f"instance/{instance:012}-head.checkpoint.json", "keys.json"],
    )
    keys = keys_of(json.loads((checkpoint_folder / "keys.json").read_text()))
    read = read_checkpoint(json.loads((checkpoint_folder / written).read_text()), keys)
    assert (read.chain, read.position, read.hash) == (busy.id, 9, AuditHead.objects.get(chain=busy.id).hash)


def test_a_chain_that_did_not_grow_is_not_signed_again(busy: Organization, system: Actor) -> None:
    take_checkpoints()

    assert take_checkpoints() == 0
    services.rename_organization(busy, name="Other", actor=system)
    assert take_checkpoints() == 1


def test_it_is_announced(busy: Organization) -> None:
    OutboxEvent.objects.all().delete()

    row = audit.take(busy.id)

    event = OutboxEvent.objects.get(topic="audit.checkpoint")
    assert row is not None
    assert (event.organization_id, event.payload) == (busy.id, checkpoints.document_of(row))


def test_what_a_crash_left_is_written_later(busy: Organization, checkpoint_folder: Path) -> None:
    row = audit.take(busy.id)
    assert row is not None
    half = checkpoint_folder / busy.id / "000000000009-head.checkpoint.json"
    half.parent.mkdir(parents=True)
    half.write_text('{"cha')

    assert audit.store_waiting() == 1

    assert json.loads(half.read_text()) == checkpoints.document_of(row)
    assert audit.store_waiting() == 0


def test_beat_takes_them_every_hour() -> None:
    assert app.conf.beat_schedule["audit-checkpoints"]["task"] == take_checkpoints.name


def test_they_lie_in_the_folder_that_is_configured(settings: Any, checkpoint_folder: Path) -> None:
    assert settings.CHECKPOINTS.is_dir()
    assert storages["checkpoints"].path("x") == str(checkpoint_folder / "x")


def test_there_is_none_of_a_chain_that_is_not_there() -> None:
    assert audit.take("nobody") is None


def test_what_an_older_key_signed_stays_good(busy: Organization, system: Actor) -> None:
    audit.take(busy.id)
    before = set(signing.public_keys())

    kid = signing.rotate(actor=system)

    services.rename_organization(busy, name="Other", actor=system)
    row = audit.take(busy.id)
    assert row is not None
    assert (row.kid, set(signing.public_keys())) == (kid, before | {kid})
    assert audit.verify(busy.id).is_intact
    assert audit.verify(INSTANCE_CHAIN).is_intact


def test_a_key_that_somebody_put_into_the_database_is_not_believed(busy: Organization) -> None:
    audit.take(busy.id)
    AuditKey.objects.update(sealed="v1.00000000.AAAA")

    assert signing.jwks() == {"keys": []}
    assert [one.kind for one in audit.verify(busy.id).findings] == ["checkpoint"]


def test_a_new_envelope_key_takes_over_all(busy: Organization, settings: Any, system: Actor) -> None:
    audit.take_all()
    settings.ENVELOPE_KEYS = (OTHER_KEY, *settings.ENVELOPE_KEYS)
    assert fault_of(AuditHead.objects.get(chain=busy.id)) == ""

    call_command("secrets", "rotate", stdout=StringIO())

    settings.ENVELOPE_KEYS = (OTHER_KEY,)
    services.rename_organization(busy, name="Other", actor=system)
    assert audit.verify(busy.id).is_intact
    assert audit.take(busy.id) is not None


def test_before_a_rotation_ends_are_counted_and_left(busy: Organization, settings: Any) -> None:
    settings.ENVELOPE_KEYS = (OTHER_KEY, *settings.ENVELOPE_KEYS)
    said = StringIO()

    call_command("secrets", "status", stdout=said)

    assert "ends of audit chains: 2, of which 2 marked with an older key\n" in said.getvalue()
    assert "`manage.py secrets rotate` seals the rest" in said.getvalue()
    assert audit.rekey().older == 2
    assert audit.rekey().older == 0


def test_a_rotation_makes_no_forged_end_a_sound_one(busy: Organization, settings: Any) -> None:
    AuditHead.objects.filter(chain=busy.id).update(position=8)
    settings.ENVELOPE_KEYS = (OTHER_KEY, *settings.ENVELOPE_KEYS)

    with pytest.raises(CommandError, match=f"ends of audit chains {busy.id}"):
        call_command("secrets", "rotate", stdout=StringIO())

    assert "head" in [one.kind for one in audit.verify(busy.id).findings]


@pytest.mark.parametrize(
    "change", [{"position": 8}, {"kind": "purge"}, {"at": "2020-01-01T00:00:00Z"}, {"signature": 7}, {"more": 1}]
)
def test_a_checkpoint_that_was_touched_is_none(change: dict[str, Any], busy: Organization) -> None:
    row = audit.take(busy.id)
    assert row is not None

    with pytest.raises(Untrusted):
        read_checkpoint(checkpoints.document_of(row) | change, signing.public_keys())


def test_two_of_the_same_place_are_one(busy: Organization) -> None:
    first, second = audit.take(busy.id), audit.take(busy.id)

    assert first == second
    assert AuditCheckpoint.objects.count() == 1
