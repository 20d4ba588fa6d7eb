"""What a role means where."""

from collections.abc import Callable

import pytest
from pytest_django import DjangoAssertNumQueries

from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tenants.permissions import NotAllowed, actor_of, allowed, require
from tenants.roles import LOWEST_ROLE, Role


def test_the_highest_role_around_a_thing_wins(
    as_ada: Actor, vera: User, shop: Project, development: Environment
) -> None:
    services.set_role(shop, user=vera, role=Role.ADMIN, actor=as_ada)

    assert allowed(actor_of(vera), "environment.edit", development)
    assert not allowed(actor_of(vera), "project.create", shop.organization)


def test_a_refusal_says_who_what_where_and_what_it_takes(as_vera: Actor, development: Environment) -> None:
    with pytest.raises(NotAllowed) as caught:
        require(as_vera, "flag.kill", development)

    expected = 'Vera may not do "flag.kill" on Development: it takes the role member there.'
    assert str(caught.value) == expected
    assert caught.value.verb == "flag.kill"


def test_a_member_changes_no_protected_environment(
    as_bob: Actor, as_ada: Actor, development: Environment, production: Environment
) -> None:
    assert allowed(as_bob, "flag.toggle", development)
    assert not allowed(as_bob, "flag.toggle", production)
    assert allowed(as_bob, "flag.view", production)
    assert allowed(as_ada, "flag.toggle", production)


def test_a_role_on_the_protected_environment_itself_opens_it(as_ada: Actor, bob: User, production: Environment) -> None:
    services.set_role(production, user=bob, role=Role.MEMBER, actor=as_ada)

    assert allowed(actor_of(bob), "flag.toggle", production)


def test_a_viewers_role_on_a_protected_environment_opens_nothing(
    as_ada: Actor, bob: User, production: Environment
) -> None:
    services.set_role(production, user=bob, role=Role.VIEWER, actor=as_ada)

    assert not allowed(actor_of(bob), "flag.toggle", production)


def test_one_query_fetches_every_grant(
    as_ada: Actor,
    bob: User,
    shop: Project,
    production: Environment,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    services.set_role(shop, user=bob, role=Role.ADMIN, actor=as_ada)

    with django_assert_num_queries(1):
        actor = actor_of(bob)
        for verb in LOWEST_ROLE:
            allowed(actor, verb, production)


def test_an_inactive_or_deleted_user_is_nobody(acme: Organization, a_member: Callable[[str, Role], User]) -> None:
    gone = a_member("Gone", Role.OWNER)
    gone.is_active = False

    assert actor_of(gone).kind == "anonymous"
    assert not allowed(actor_of(gone), "organization.view", acme)


def test_a_superuser_may_everything(a_user: Callable[[str], User], acme: Organization) -> None:
    root = a_user("Root")
    root.is_superuser = True

    assert allowed(actor_of(root), "organization.delete", acme)


def test_a_token_is_bound_to_its_scope_and_role(
    as_ada: Actor, acme: Organization, development: Environment, production: Environment
) -> None:
    api_key, _ = services.create_api_key(kind="token", scope=development, name="ci", role=Role.MEMBER, actor=as_ada)
    token = Actor.of_api_key(api_key)

    assert allowed(token, "flag.toggle", development)
    assert not allowed(token, "environment.edit", development)
    assert not allowed(token, "flag.toggle", production)
    assert not allowed(token, "organization.view", acme)


def test_verbs_are_known(as_alice: Actor, acme: Organization) -> None:
    with pytest.raises(KeyError):
        allowed(as_alice, "flag.explode", acme)


def test_a_refusal_in_a_protected_environment_says_what_it_takes(as_bob: Actor, production: Environment) -> None:
    expected = "Production is protected, so it takes the role admin, or member on Production itself"

    with pytest.raises(NotAllowed, match=expected):
        require(as_bob, "flag.toggle", production)


def test_what_admins_alone_may_do_takes_an_admin_in_any_environment(as_bob: Actor, production: Environment) -> None:
    with pytest.raises(NotAllowed, match="it takes the role admin there"):
        require(as_bob, "flag.delete", production)
