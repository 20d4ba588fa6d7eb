"""The audit log: one writer, chained by hashes, and told when somebody touched it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tenants import audit, services
from tenants.actors import Actor
from tenants.models import INSTANCE_CHAIN, AuditEvent, AuditHead, Environment, Organization, Project, User
from tenants.permissions import actor_of


def test_events_are_numbered_and_linked(acme: Organization, production: Environment) -> None:
    events = list(AuditEvent.objects.filter(chain=acme.id).order_by("position"))

    assert [event.position for event in events] == list(range(1, len(events) + 1))
    assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:-1]]
    assert AuditHead.objects.get(chain=acme.id).hash == events[-1].hash
    assert audit.verify(acme.id).is_intact


def test_each_organization_has_a_chain_of_its_own(acme: Organization, globex: Organization) -> None:
    assert set(AuditHead.objects.values_list("chain", flat=True)) == {acme.id, globex.id, INSTANCE_CHAIN}
    assert audit.verify(INSTANCE_CHAIN).is_intact


def test_who_asked_from_where_is_kept(alice: User, acme: Organization) -> None:
    actor = actor_of(alice, request_id="r-1", ip="2001:DB8::1")

    services.rename_organization(acme, name="Other", actor=actor)

    event = AuditEvent.objects.get(verb="organization.renamed")
    assert (event.actor_kind, event.actor_id, event.request_id) == ("user", alice.id, "r-1")
    assert event.ip == "2001:db8::1"
    assert audit.verify(acme.id).is_intact


@pytest.mark.parametrize(
    "change",
    [
        {"verb": "project.deleted"},
        {"after": {"key": "other"}},
        {"comment": "never said"},
        {"actor_id": "somebody else"},
        {"actor_name": "Somebody Else"},
        {"object_name": "Another"},
        {"project_id": "elsewhere"},
        {"ip": "10.0.0.1"},
        {"at": "2020-01-01T00:00:00Z"},
        {"hash": "0" * 64},
        {"payload_hash": "0" * 64},
        {"nonce": ""},
    ],
)
def test_a_changed_event_is_found(change: dict[str, Any], acme: Organization, shop: Project) -> None:
    event = AuditEvent.objects.get(verb="project.created")

    AuditEvent.objects.filter(pk=event.pk).update(**change)

    assert {finding.first for finding in audit.verify(acme.id).findings} == {event.position}


def test_a_missing_event_is_found(acme: Organization, production: Environment) -> None:
    AuditEvent.objects.get(verb="project.created").delete()

    assert [(one.kind, one.first) for one in audit.verify(acme.id).findings] == [("removed", 2)]


def test_a_missing_last_event_is_found(acme: Organization, shop: Project) -> None:
    AuditEvent.objects.get(verb="project.created").delete()

    assert [(one.kind, one.first, one.last) for one in audit.verify(acme.id).findings] == [("cut_off", 2, 2)]


def test_the_chain_of_a_deleted_organization_can_be_checked(as_alice: Actor, acme: Organization) -> None:
    services.delete_organization(acme, actor=as_alice)
    AuditEvent.with_deleted.filter(verb="organization.deleted").update(comment="forged")

    assert not audit.verify(acme.id).is_intact


@pytest.mark.parametrize(
    "value", [10.0, 1e16, 1e300, -0.0, 0.1, 1e-7, [1.0, {"a": 2.0}], "é\u2028", None, {"z": 1, "a": 2}]
)
def test_whatever_the_database_does_to_numbers_the_chain_holds(
    value: object, acme: Organization, system: Actor
) -> None:
    with transaction.atomic():
        audit.record(system, "flag.edited", acme, {"value": value}, {"value": value}, comment="é")

    assert audit.verify(acme.id).is_intact


@pytest.mark.django_db(transaction=True)
def test_it_is_written_in_the_transaction_of_the_change(acme: Organization, system: Actor) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        audit.record(system, "organization.renamed", acme)


def test_a_rolled_back_change_leaves_no_event(as_ada: Actor, acme: Organization, shop: Project) -> None:
    written = AuditEvent.objects.count()

    with transaction.atomic():
        services.edit_project(shop, name="Other", actor=as_ada)
        transaction.set_rollback(True)

    assert AuditEvent.objects.count() == written
    assert audit.verify(acme.id).is_intact


def test_a_chain_cannot_fork(acme: Organization) -> None:
    event = AuditEvent.objects.get(chain=acme.id)
    event.pk = "another"

    with pytest.raises(IntegrityError), transaction.atomic():
        event.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_make_one_chain(
    as_ada: Actor, acme: Organization, at_once: Callable[..., list[object]]
) -> None:
    def create(number: int) -> Callable[[], object]:
        return lambda: services.create_project(acme, key=f"p-{number}", name="P", actor=as_ada)

    results = at_once(*(create(number) for number in range(8)))

    assert not [result for result in results if isinstance(result, Exception)]
    assert AuditEvent.objects.filter(verb="project.created").count() == 8
    assert audit.verify(acme.id).is_intact


@pytest.mark.django_db(transaction=True)
def test_first_events_of_a_new_chain_at_once(system: Actor, at_once: Callable[..., list[object]]) -> None:
    def register(number: int) -> Callable[[], object]:
        return lambda: services.register_user(
            email=f"u{number}@example.com", password="correct horse battery", actor=system
        )

    results = at_once(*(register(number) for number in range(6)))

    assert not [result for result in results if isinstance(result, Exception)]
    assert audit.verify(INSTANCE_CHAIN).is_intact


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_hundred_changes_at_once_leave_one_chain(
    as_ada: Actor, acme: Organization, at_once: Callable[..., list[object]]
) -> None:
    projects = [services.create_project(acme, key=f"p-{number}", name="P", actor=as_ada) for number in range(100)]
    before = AuditHead.objects.get(chain=acme.id).position

    def edit_twice(project: Project) -> Callable[[], None]:
        def edit() -> None:
            for name in ("Q", "R"):
                services.edit_project(project, name=name, actor=as_ada)

        return edit

    results = at_once(*(edit_twice(project) for project in projects))

    assert results == [None] * 100
    report = audit.verify(acme.id)
    assert (report.findings, report.last) == ([], before + 200)


def test_an_event_takes_three_statements(system: Actor, acme: Organization) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        audit.record(system, "organization.renamed", acme, {"name": "A"}, {"name": "B"})

    assert [query["sql"].split()[0] for query in captured] == ["SELECT", "INSERT", "UPDATE"]
