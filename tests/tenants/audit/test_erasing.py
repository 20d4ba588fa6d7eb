"""A person is erased from the log, which still verifies, and says that something was erased."""

import pytest

from flags.services import create_flag
from tenants import audit, services
from tenants.actors import Actor
from tenants.audit.heads import mark_of
from tenants.audit.recording import entry_of
from tenants.chain.entries import hash_of, payload_hash_of
from tenants.models import INSTANCE_CHAIN, AuditEvent, AuditHead, Organization, Project, User
from tenants.permissions import actor_of
from tenants.roles import Role
from tests.tenants.audit.conftest import Verifiers

pytestmark = pytest.mark.django_db


def everything_said() -> str:
    columns = ("actor_name", "object_name", "before", "after", "comment", "ip")
    return str(list(AuditEvent.with_deleted.values_list(*columns)))


def test_nothing_of_a_person_is_left_but_what_they_changed(busy: Organization, alice: User, system: Actor) -> None:
    count = audit.erase_person(alice, actor=system)

    assert count == 8  # registered; founded Acme, and six times renamed the shop
    assert "Alice" not in everything_said()
    assert "alice@example.com" not in everything_said()
    assert "192.0.2.7" not in everything_said()
    event = AuditEvent.objects.filter(verb="project.edited").first()
    assert event is not None
    assert (event.actor_id, event.request_id, event.before) == (alice.id, "", {"name": "Shop"})


def test_both_verifiers_take_it(verifiers: Verifiers, alice: User, system: Actor) -> None:
    audit.erase_person(alice, actor=system)

    assert verifiers.command() == verifiers.outsider() == []
    assert audit.verify(INSTANCE_CHAIN).is_intact


def test_the_chain_says_what_was_erased_and_names_nobody(busy: Organization, alice: User, system: Actor) -> None:
    audit.erase_person(alice, actor=system, comment="Asked for by letter")

    event = AuditEvent.objects.get(organization=busy, verb="audit.person_erased")
    assert event.after == {"person": alice.id, "persons": "1,4-9", "payloads": ""}
    assert event.comment == "Asked for by letter"
    assert AuditEvent.objects.get(chain=INSTANCE_CHAIN, verb="audit.person_erased").after["payloads"] == "1"


def test_doing_it_again_changes_nothing(busy: Organization, alice: User, system: Actor) -> None:
    audit.erase_person(alice, actor=system)
    heads = list(AuditHead.objects.order_by("chain").values_list("position", "hash"))

    assert audit.erase_person(alice, actor=system) == 0
    assert list(AuditHead.objects.order_by("chain").values_list("position", "hash")) == heads


def test_what_others_said_of_an_address_goes_too(acme: Organization, as_ada: Actor, bob: User, shop: Project) -> None:
    services.invite(acme, email="Bob@private.example", role=Role.VIEWER, actor=as_ada)
    create_flag(shop, {"key": "checkout", "owner": bob.email}, actor=as_ada)

    audit.erase_person(bob, addresses=["bob@private.example"], actor=as_ada)

    assert "bob@" not in everything_said().lower()
    assert AuditEvent.objects.get(verb="flag.created").actor_name == "Ada"
    assert audit.verify(acme.id).is_intact


def test_nobody_else_loses_anything(acme: Organization, bob: User, as_ada: Actor, shop: Project) -> None:
    services.edit_project(shop, name="Store", actor=as_ada)

    audit.erase_person(bob, actor=Actor.system())

    event = AuditEvent.objects.get(verb="project.edited")
    assert (event.actor_name, event.after) == ("Ada", {"name": "Store"})


def test_whoever_erases_themselves_does_not_come_back_in(busy: Organization, alice: User) -> None:
    audit.erase_person(alice, actor=actor_of(alice, request_id="r-2", ip="192.0.2.8"))

    assert "Alice" not in everything_said()
    assert "192.0.2.8" not in everything_said()
    assert audit.verify(busy.id).is_intact


def test_entries_of_before_there_were_two_parts_lose_all(busy: Organization, alice: User, system: Actor) -> None:
    as_before_two_parts(busy)
    assert audit.verify(busy.id).is_intact

    audit.erase_person(alice, actor=system)

    assert "Alice" not in everything_said()
    assert audit.verify(busy.id).is_intact
    assert AuditEvent.objects.filter(verb="project.edited", before__isnull=True, nonce="").count() == 6


def test_what_an_old_entry_says_of_a_person_is_part_of_its_hash(busy: Organization) -> None:
    as_before_two_parts(busy)

    AuditEvent.objects.filter(organization=busy, position=5).update(actor_name="Mallory")

    assert [(one.kind, one.first) for one in audit.verify(busy.id).findings] == [("edited", 5)]


@pytest.mark.parametrize("part", [{"person_nonce": "", "actor_name": "", "request_id": "", "ip": None}, {"nonce": ""}])
def test_what_nobody_erased_is_missed(part: dict[str, None], busy: Organization) -> None:
    AuditEvent.objects.filter(organization=busy, position=5).update(**part)

    assert [one.first for one in audit.verify(busy.id).findings] == [5]


def as_before_two_parts(organization: Organization) -> None:
    """The chain as an older release wrote it."""
    previous = "0" * 64
    for event in AuditEvent.objects.filter(organization=organization).order_by("position"):
        event.person_nonce = event.person_hash = ""
        event.previous_hash = previous
        event.payload_hash = payload_hash_of(entry_of(event))
        event.hash = previous = hash_of(entry_of(event))
        event.save()
    head = AuditHead.objects.get(chain=organization.pk)
    head.hash, head.mac = previous, mark_of(head.chain, head.position, previous)
    head.save()
