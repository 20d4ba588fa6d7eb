"""Projects: made, edited, deleted, brought back."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, OutboxEvent, Project
from tenants.problems import Conflict, Invalid


def test_two_organizations_may_use_the_same_key(
    as_ada: Actor, acme: Organization, as_charlie: Actor, globex: Organization
) -> None:
    ours = services.create_project(acme, key="shop", name="Shop", actor=as_ada)
    theirs = services.create_project(globex, key="shop", name="Shop", actor=as_charlie)

    assert list(Project.objects.visible_to(as_ada)) == [ours]
    assert list(Project.objects.visible_to(as_charlie)) == [theirs]


def test_a_taken_key_is_a_conflict(as_ada: Actor, acme: Organization, shop: Project) -> None:
    with pytest.raises(Conflict, match='"shop" exists already'):
        services.create_project(acme, key="shop", name="Another", actor=as_ada)


def test_bad_fields_are_named(as_ada: Actor, acme: Organization) -> None:
    with pytest.raises(Invalid) as caught:
        services.create_project(acme, key="Shop!", name="  ", actor=as_ada)

    assert [fault.path for fault in caught.value.faults] == ["key", "name"]


def test_editing_changes_the_name_and_says_why(as_ada: Actor, shop: Project) -> None:
    services.edit_project(shop, name="Web shop", actor=as_ada, comment="clearer")

    event = AuditEvent.objects.get(verb="project.edited")
    assert (event.before, event.after, event.comment) == ({"name": "Shop"}, {"name": "Web shop"}, "clearer")
    assert (event.project_id, event.organization_id) == (shop.id, shop.organization_id)
    assert Project.objects.get().name == "Web shop"


def test_a_name_that_is_too_long_changes_nothing(as_ada: Actor, shop: Project) -> None:
    with pytest.raises(Invalid, match="at most 100"):
        services.edit_project(shop, name="x" * 101, actor=as_ada)

    assert Project.objects.get().name == "Shop"


def test_deletion_reserves_the_key_and_hides_the_environments(
    as_ada: Actor, acme: Organization, shop: Project, production: Environment
) -> None:
    services.delete_project(shop, actor=as_ada)

    assert not Environment.objects.exists()
    assert OutboxEvent.objects.filter(topic="project.deleted", environment=production).exists()
    with pytest.raises(Conflict, match="Undelete it"):
        services.create_project(acme, key="shop", name="Shop", actor=as_ada)


def test_undeletion_brings_back_what_was_not_deleted_by_itself(
    as_ada: Actor, shop: Project, development: Environment, production: Environment
) -> None:
    services.delete_environment(development, actor=as_ada)
    services.delete_project(shop, actor=as_ada)

    services.undelete_project(shop, actor=as_ada)

    assert Environment.objects.get() == production
    assert Project.with_deleted.get().deleted_by is None


def test_undeletion_waits_for_the_organization(as_alice: Actor, acme: Organization, shop: Project) -> None:
    services.delete_project(shop, actor=as_alice)
    services.delete_organization(acme, actor=as_alice)

    with pytest.raises(Conflict, match="undelete the organization first"):
        services.undelete_project(shop, actor=as_alice)


def test_undeleting_a_living_project_writes_nothing(as_ada: Actor, shop: Project) -> None:
    written = AuditEvent.objects.count()

    services.undelete_project(shop, actor=as_ada)

    assert AuditEvent.objects.count() == written
