"""Which rows exist for whom."""

from typing import Any

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, AuditEvent, Environment, Membership, Organization, Project, User
from tenants.permissions import actor_of
from tenants.roles import Role


@pytest.fixture
def as_dev(acme: Organization, development: Environment, production: Environment, a_user: Any, system: Actor) -> Actor:
    """Dora sees one environment of Acme's shop, and nothing beside it."""
    dora = a_user("Dora")
    services.add_member(acme, user=dora, role=Role.MEMBER, scope=development, actor=system)
    services.create_project(acme, key="secret", name="Secret", actor=system)
    return actor_of(dora)


def test_the_outsider_sees_nothing_of_acme(as_charlie: Actor, production: Environment, globex: Organization) -> None:
    assert list(Organization.objects.visible_to(as_charlie)) == [globex]
    assert list(User.objects.visible_to(as_charlie)) == [as_charlie.user]
    assert not Project.objects.visible_to(as_charlie).exists()


def test_the_anonymous_sees_nothing(production: Environment) -> None:
    for model in (Organization, Project, Environment, ApiKey, Membership, AuditEvent, User):
        assert not model.objects.visible_to(Actor.anonymous()).exists(), model


def test_a_role_on_an_environment_shows_the_way_there_and_no_neighbours(
    as_dev: Actor, development: Environment, shop: Project, acme: Organization
) -> None:
    assert list(Environment.objects.visible_to(as_dev)) == [development]
    assert list(Project.objects.visible_to(as_dev)) == [shop]
    assert list(Organization.objects.visible_to(as_dev)) == [acme]
    assert list(User.objects.visible_to(as_dev)) == [as_dev.user]


def test_audit_is_seen_as_far_as_the_role_reaches(as_dev: Actor, as_vera: Actor, as_bob: Actor) -> None:
    names = AuditEvent.objects.visible_to(as_dev).values_list("object_name", flat=True)

    assert set(names) == {"Development"}
    assert not AuditEvent.objects.visible_to(as_vera).exists()
    assert AuditEvent.objects.visible_to(as_bob).filter(verb="organization.created").exists()


def test_a_viewer_sees_no_keys(as_vera: Actor, as_bob: Actor, production: Environment, system: Actor) -> None:
    services.create_api_key(kind="server", scope=production, name="web", actor=system)

    assert not ApiKey.objects.visible_to(as_vera).exists()
    assert ApiKey.objects.visible_to(as_bob).exists()


def test_a_narrower_verb_shows_fewer_rows(as_vera: Actor, as_ada: Actor, production: Environment) -> None:
    assert Environment.objects.visible_to(as_vera).exists()
    assert not Environment.objects.visible_to(as_vera, "environment.edit").exists()
    assert Environment.objects.visible_to(as_ada, "environment.edit").exists()


def test_colleagues_see_each_other_once(as_vera: Actor, bob: User, acme: Organization, as_charlie: Actor) -> None:
    seen = sorted(str(user) for user in User.objects.visible_to(as_vera))

    assert seen == ["Alice", "Bob", "Vera"]


def test_a_deleted_person_is_no_member(as_alice: Actor, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(deleted_at="2026-01-01T00:00:00Z")

    assert bob not in User.objects.visible_to(as_alice)
    assert not Membership.objects.filter(user=bob).exists()
