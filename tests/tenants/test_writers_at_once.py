"""Two people at once: one wins, the other is told so."""

from collections.abc import Callable

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, Project, User
from tenants.permissions import actor_of, users_with
from tenants.problems import Conflict
from tenants.roles import Role

AtOnce = Callable[..., list[object]]

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(results: list[object]) -> tuple[int, int]:
    """How many succeeded, and how many met a conflict; anything else fails the test."""
    conflicts = [result for result in results if isinstance(result, Conflict)]
    surprises = [result for result in results if isinstance(result, Exception) and result not in conflicts]
    assert not surprises
    return len(results) - len(conflicts), len(conflicts)


def test_one_slug_makes_one_organization(alice: User, at_once: AtOnce) -> None:
    def create() -> Organization:
        return services.create_organization(slug="acme", name="Acme", owner=alice, actor=actor_of(alice))

    results = at_once(*[create] * 6)

    assert outcomes(results) == (1, 5)
    assert AuditEvent.objects.filter(verb="organization.created").count() == 1


def test_one_address_makes_one_person(system: Actor, at_once: AtOnce) -> None:
    def register(email: str) -> Callable[[], User]:
        return lambda: services.register_user(email=email, password="correct horse battery", actor=system)

    results = at_once(*[register("mona@example.com"), register("Mona@example.com")] * 3)

    assert outcomes(results) == (1, 5)
    assert User.objects.count() == 1


def test_one_key_makes_one_project(as_ada: Actor, acme: Organization, at_once: AtOnce) -> None:
    results = at_once(*[lambda: services.create_project(acme, key="shop", name="Shop", actor=as_ada)] * 6)

    assert outcomes(results) == (1, 5)
    assert Project.objects.count() == 1


def test_environments_made_at_once_get_places_of_their_own(as_ada: Actor, shop: Project, at_once: AtOnce) -> None:
    def create(number: int) -> Callable[[], Environment]:
        return lambda: services.create_environment(shop, key=f"e-{number}", name="E", actor=as_ada)

    results = at_once(*(create(number) for number in range(6)))

    assert outcomes(results) == (6, 0)
    assert sorted(Environment.objects.values_list("position", flat=True)) == list(range(6))


def test_two_owners_cannot_both_leave(
    as_alice: Actor, acme: Organization, alice: User, ada: User, at_once: AtOnce
) -> None:
    services.set_role(acme, user=ada, role=Role.OWNER, actor=as_alice)

    results = at_once(
        lambda: services.remove_member(acme, user=alice, actor=actor_of(alice)),
        lambda: services.remove_member(acme, user=ada, actor=actor_of(ada)),
    )

    assert outcomes(results) == (1, 1)
    assert len(users_with(Role.OWNER, acme)) == 1


def test_one_person_joins_once(as_ada: Actor, acme: Organization, charlie: User, at_once: AtOnce) -> None:
    results = at_once(
        *[lambda: services.add_member(acme, user=charlie, role=Role.VIEWER, actor=as_ada)] * 4,
    )

    assert outcomes(results) == (1, 3)


def test_a_key_is_revoked_once(as_ada: Actor, development: Environment, at_once: AtOnce) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=development, name="web", actor=as_ada)

    results = at_once(*[lambda: services.revoke_api_key(api_key, actor=as_ada)] * 4)

    assert outcomes(results) == (4, 0)
    assert AuditEvent.objects.filter(verb="api_key.revoked").count() == 1


def test_different_fields_edited_at_once_are_both_kept(
    as_ada: Actor, development: Environment, at_once: AtOnce
) -> None:
    results = at_once(
        lambda: services.edit_environment(development, name="Dev", actor=as_ada),
        lambda: services.edit_environment(development, color="rose", actor=as_ada),
    )

    assert outcomes(results) == (2, 0)
    edited = Environment.objects.get()
    assert (edited.name, edited.color) == ("Dev", "rose")
