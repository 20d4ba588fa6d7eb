"""Looking things up on behalf of somebody."""

from pytest_django import DjangoAssertNumQueries

from tenants import selectors, services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tenants.roles import Role


def test_slugs_lead_to_the_environment(
    as_vera: Actor, production: Environment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        found = selectors.find_environment(as_vera, "acme", "shop", "production")
        assert found is not None
        assert (found, found.project.key, found.organization.slug) == (production, "shop", "acme")


def test_what_one_may_not_see_is_as_what_does_not_exist(as_charlie: Actor, production: Environment) -> None:
    assert selectors.find_environment(as_charlie, "acme", "shop", "production") is None
    assert selectors.find_project(as_charlie, "acme", "shop") is None
    assert selectors.find_organization(as_charlie, "acme") is None


def test_everybody_finds_their_own(as_charlie: Actor, as_bob: Actor, acme: Organization, globex: Organization) -> None:
    assert list(selectors.organizations_of(as_bob)) == [acme]
    assert list(selectors.organizations_of(as_charlie)) == [globex]
    assert selectors.find_organization(as_bob, "acme") == acme


def test_projects_are_found_by_key(as_bob: Actor, shop: Project) -> None:
    assert selectors.find_project(as_bob, "acme", "shop") == shop
    assert selectors.find_project(as_bob, "acme", "nothing") is None


def test_members_come_with_their_roles(
    as_bob: Actor, acme: Organization, vera: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        members = selectors.members_of(as_bob, acme)

    assert [(str(member.user), member.role) for member in members] == [
        ("Alice", Role.OWNER),
        ("Bob", Role.MEMBER),
        ("Vera", Role.VIEWER),
    ]


def test_a_member_of_one_project_has_no_role_on_the_organization(
    as_ada: Actor, acme: Organization, shop: Project, charlie: User
) -> None:
    services.add_member(acme, user=charlie, role=Role.ADMIN, scope=shop, actor=as_ada)

    roles = {str(member.user): member.role for member in selectors.members_of(as_ada, acme)}

    assert roles["Charlie"] is None


def test_members_are_not_shown_to_outsiders(as_charlie: Actor, acme: Organization) -> None:
    assert selectors.members_of(as_charlie, acme) == []


def test_keys_of_a_place_include_those_within(
    as_ada: Actor, acme: Organization, shop: Project, development: Environment, production: Environment
) -> None:
    inner, _ = services.create_api_key(kind="server", scope=production, name="web", actor=as_ada)
    outer, _ = services.create_api_key(kind="token", scope=acme, name="ci", role=Role.VIEWER, actor=as_ada)

    assert list(selectors.api_keys_of(as_ada, acme)) == [outer, inner]
    assert list(selectors.api_keys_of(as_ada, shop)) == [inner]
    assert list(selectors.api_keys_of(as_ada, development)) == []


def test_audit_is_newest_first(as_ada: Actor, as_charlie: Actor, acme: Organization, shop: Project) -> None:
    services.edit_project(shop, name="Web", actor=as_ada)

    assert selectors.audit_of(as_ada, acme)[0].verb == "project.edited"
    assert not selectors.audit_of(as_charlie, acme).exists()
