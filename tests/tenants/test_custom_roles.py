"""Roles that an organization makes for itself: what they may hold, who may give them, and what becomes of them in use."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, AuditEvent, CustomRole, Environment, Invitation, Organization, Project, User
from tenants.permissions import NotAllowed, actor_of, allowed, roles_on
from tenants.problems import Conflict, Invalid
from tenants.roles import GUARDED_BY_PROTECTION, LOWEST_ROLE, Role

ARole = Callable[..., CustomRole]


@pytest.fixture
def a_role(acme: Organization, system: Actor) -> ARole:
    """Makes a role of Acme of these verbs."""

    def make(*verbs: str, key: str = "support") -> CustomRole:
        return services.create_role(acme, key=key, name=key.capitalize(), verbs=verbs, actor=system)

    return make


@pytest.fixture
def lead(acme: Organization, a_member: Callable[[str, Role], User], a_role: ARole, system: Actor) -> Actor:
    """Leads the support: gives roles and makes them, switches flags, and no more."""
    person = a_member("Lena", Role.VIEWER)
    role = a_role("member.edit", "role.edit", "flag.toggle", key="lead")
    services.set_role(acme, user=person, role=role, actor=system)
    return actor_of(person)


def test_a_role_may_what_its_verbs_say_and_see_what_it_changes(
    as_ada: Actor, acme: Organization, vera: User, development: Environment
) -> None:
    role = services.create_role(acme, key="support", name="Support", verbs=["api_key.revoke"], actor=as_ada)

    services.set_role(development, user=vera, role=role, actor=as_ada)

    as_vera = actor_of(vera)
    assert allowed(as_vera, "api_key.revoke", development)
    assert allowed(as_vera, "api_key.view", development)
    assert not allowed(as_vera, "api_key.create", development)
    assert not allowed(as_vera, "api_key.revoke", acme)
    assert AuditEvent.objects.get(verb="role.created").after["verbs"] == role.verbs
    assert AuditEvent.objects.get(verb="member.role_set").after["role"] == "Support"


def test_a_role_from_before_there_were_experiments_sees_them_too(
    acme: Organization, vera: User, a_role: ARole, system: Actor
) -> None:
    role = a_role("flag.toggle")
    role.verbs = ["flag.view", "flag.toggle"]
    role.save()
    services.set_role(acme, user=vera, role=role, actor=system)

    assert allowed(actor_of(vera), "experiment.view", acme)
    assert not allowed(actor_of(vera), "experiment.create", acme)


def test_a_role_reaches_what_lies_inside_and_is_found_by_lists(
    as_ada: Actor, shop: Project, charlie: User, development: Environment, a_role: ARole, acme: Organization
) -> None:
    services.add_member(acme, user=charlie, role=a_role("environment.edit"), scope=shop, actor=as_ada)

    as_charlie = actor_of(charlie)

    assert list(Environment.objects.visible_to(as_charlie, "environment.edit")) == [development]
    assert not Environment.objects.visible_to(as_charlie, "environment.delete").exists()
    assert not Organization.objects.visible_to(as_charlie, "organization.edit").exists()


@pytest.mark.parametrize(
    "verb", [verb for verb, lowest in LOWEST_ROLE.items() if lowest == Role.OWNER] + ["flag.explode"]
)
def test_what_owners_alone_may_do_is_in_no_role(verb: str, as_alice: Actor, acme: Organization, a_role: ARole) -> None:
    with pytest.raises(Invalid, match=r"verbs\[1\]: Choose among organization.view"):
        services.create_role(acme, key="boss", name="Boss", verbs=["flag.view", verb], actor=as_alice)
    with pytest.raises(Invalid, match=r"verbs\[0\]"):
        services.edit_role(a_role(), verbs=[verb], actor=as_alice)


@pytest.mark.parametrize("key", ["admin", "Not a key", ""])
def test_a_key_that_cannot_be_is_refused(key: str, as_ada: Actor, acme: Organization) -> None:
    with pytest.raises(Invalid, match="key"):
        services.create_role(acme, key=key, name="Role", verbs=[], actor=as_ada)


def test_a_key_is_taken_once(as_ada: Actor, acme: Organization, a_role: ARole) -> None:
    a_role()

    with pytest.raises(Conflict, match='"support" exists already'):
        services.create_role(acme, key="support", name="Again", verbs=[], actor=as_ada)


def test_nobody_makes_a_role_that_may_what_they_may_not(lead: Actor, acme: Organization) -> None:
    services.create_role(acme, key="switch", name="Switch", verbs=["flag.toggle"], actor=lead)

    with pytest.raises(NotAllowed, match=r"Grab is above their own there, only Lead: it may also flag\.delete"):
        services.create_role(acme, key="grab", name="Grab", verbs=["flag.toggle", "flag.delete"], actor=lead)

    assert not CustomRole.objects.filter(key="grab").exists()


def test_nobody_raises_or_lowers_a_role_beyond_their_own(lead: Actor, a_role: ARole) -> None:
    above, beside = a_role("flag.delete"), a_role("flag.toggle", key="beside")

    for verbs in ([], ["flag.toggle"]):
        with pytest.raises(NotAllowed, match="above their own"):
            services.edit_role(above, verbs=verbs, actor=lead)
    with pytest.raises(NotAllowed, match="above their own"):
        services.edit_role(beside, verbs=["flag.delete"], actor=lead)
    with pytest.raises(NotAllowed, match="above their own"):
        services.delete_role(above, actor=lead)


def test_nobody_gives_or_takes_a_role_beyond_their_own(
    lead: Actor, acme: Organization, vera: User, bob: User, charlie: User, a_role: ARole, as_ada: Actor
) -> None:
    above, beside = a_role("flag.delete"), a_role("flag.toggle", key="beside")

    services.set_role(acme, user=vera, role=beside, actor=lead)
    for give in (
        lambda: services.set_role(acme, user=vera, role=above, actor=lead),
        lambda: services.add_member(acme, user=charlie, role=above, actor=lead),
        lambda: services.invite(acme, email="new@example.com", role=above, actor=lead),
        lambda: services.set_role(acme, user=bob, role=Role.VIEWER, actor=lead),
        lambda: services.remove_member(acme, user=bob, actor=lead),
    ):
        with pytest.raises(NotAllowed, match="above their own"):
            give()


def test_whoever_may_not_change_what_is_protected_gives_nobody_a_role_there_that_may(
    lead: Actor, production: Environment, development: Environment, vera: User, a_role: ARole
) -> None:
    role = a_role("flag.toggle")

    services.set_role(development, user=vera, role=role, actor=lead)
    with pytest.raises(NotAllowed, match="above their own there"):
        services.set_role(production, user=vera, role=role, actor=lead)


def test_whoever_may_not_change_what_is_protected_adds_no_such_verb_to_a_role_that_is_held_there(
    lead: Actor, production: Environment, vera: User, a_role: ARole, as_ada: Actor
) -> None:
    role = a_role()
    services.set_role(production, user=vera, role=role, actor=as_ada)

    with pytest.raises(NotAllowed, match=r"Production.*flag\.toggle"):
        services.edit_role(role, verbs=["flag.toggle"], actor=lead)

    services.edit_role(role, verbs=["flag.toggle"], actor=as_ada)
    assert allowed(actor_of(vera), "flag.toggle", production)


@pytest.mark.parametrize("verb", sorted(GUARDED_BY_PROTECTION))
def test_a_protected_environment_takes_a_verb_of_its_own_or_a_role_on_it_by_name(
    verb: str, acme: Organization, production: Environment, vera: User, a_role: ARole, as_ada: Actor
) -> None:
    role = a_role(verb)

    services.set_role(acme, user=vera, role=role, actor=as_ada)
    assert not allowed(actor_of(vera), verb, production)
    services.edit_role(role, verbs=[verb, "environment.change_protected"], actor=as_ada)
    assert allowed(actor_of(vera), verb, production)
    services.edit_role(role, verbs=[verb], actor=as_ada)
    services.set_role(production, user=vera, role=role, actor=as_ada)
    assert allowed(actor_of(vera), verb, production)


def test_whoever_edits_environments_does_not_unprotect_them(
    acme: Organization, production: Environment, vera: User, a_role: ARole, as_ada: Actor
) -> None:
    role = a_role("environment.edit")
    services.set_role(acme, user=vera, role=role, actor=as_ada)

    services.edit_environment(production, name="Live", is_protected=True, actor=actor_of(vera))
    with pytest.raises(NotAllowed, match=r"environment\.change_protected"):
        services.edit_environment(production, is_protected=False, actor=actor_of(vera))

    services.edit_role(role, verbs=["environment.edit", "environment.change_protected"], actor=as_ada)
    services.edit_environment(production, is_protected=False, actor=actor_of(vera))


def test_what_a_role_may_is_felt_at_once_by_who_holds_it(
    as_ada: Actor, acme: Organization, vera: User, a_role: ARole
) -> None:
    role = a_role("flag.toggle")
    services.set_role(acme, user=vera, role=role, actor=as_ada)

    edited = services.edit_role(role, name="Care", verbs=["audit.view"], actor=as_ada, comment="less")

    assert not allowed(actor_of(vera), "flag.toggle", acme)
    assert allowed(actor_of(vera), "audit.view", acme)
    event = AuditEvent.objects.get(verb="role.edited")
    assert (event.before["name"], event.after["name"], event.comment) == ("Support", "Care", "less")
    assert edited.description == role.description


def test_a_deleted_role_is_taken_from_all_who_hold_it(
    as_ada: Actor, acme: Organization, vera: User, development: Environment, a_role: ARole
) -> None:
    role = a_role("flag.toggle")
    services.set_role(development, user=vera, role=role, actor=as_ada)
    invitation, _ = services.invite(acme, email="new@example.com", role=role, actor=as_ada)
    api_key, _ = services.create_api_key(kind="token", scope=acme, name="ci", role=role, actor=as_ada)

    services.delete_role(role, actor=as_ada)

    assert roles_on(development) == {}
    assert not Invitation.objects.filter(pk=invitation.pk).exists()
    token = Actor.of_api_key(ApiKey.objects.get(pk=api_key.pk))
    assert not allowed(token, "organization.view", acme)
    assert [event.verb for event in AuditEvent.objects.order_by("-position")[:2]] == [
        "role.deleted",
        "invitation.revoked",
    ]
    with pytest.raises(CustomRole.DoesNotExist):
        services.set_role(acme, user=vera, role=role, actor=as_ada)


def test_a_token_acts_with_a_role_of_the_organization(
    as_ada: Actor, lead: Actor, development: Environment, a_role: ARole
) -> None:
    role = a_role("flag.toggle")
    api_key, _ = services.create_api_key(kind="token", scope=development, name="ci", role=role, actor=as_ada)

    token = Actor.of_api_key(api_key)

    assert allowed(token, "flag.toggle", development)
    assert not allowed(token, "flag.configure", development)
    with pytest.raises(Invalid, match="Only tokens have a role"):
        services.create_api_key(kind="server", scope=development, name="web", role=role, actor=as_ada)


def test_a_token_gets_no_role_above_who_makes_it(acme: Organization, vera: User, a_role: ARole, as_ada: Actor) -> None:
    services.set_role(acme, user=vera, role=a_role("api_key.create"), actor=as_ada)

    with pytest.raises(NotAllowed, match="above their own"):
        services.create_api_key(
            kind="token", scope=acme, name="ci", role=a_role("flag.delete", key="above"), actor=actor_of(vera)
        )


def test_an_invitation_brings_a_role_of_the_organization(
    as_ada: Actor, acme: Organization, charlie: User, a_role: ARole
) -> None:
    role = a_role("audit.view")
    invitation, _ = services.invite(acme, email=charlie.email, role=role, actor=as_ada)

    services.accept_invitation(invitation, user=charlie, actor=actor_of(charlie))

    assert actor_of(charlie).grants == {("organization", acme.id): (role,)}


def test_a_role_of_another_organization_is_none(
    as_alice: Actor, acme: Organization, globex: Organization, vera: User, system: Actor
) -> None:
    theirs = services.create_role(globex, key="theirs", name="Theirs", verbs=[], actor=system)

    for give in (
        lambda: services.set_role(acme, user=vera, role=theirs, actor=as_alice),
        lambda: services.invite(acme, email="new@example.com", role=theirs, actor=as_alice),
        lambda: services.create_api_key(kind="token", scope=acme, name="ci", role=theirs, actor=as_alice),
    ):
        with pytest.raises(Invalid, match="role"):
            give()


def test_whoever_lets_people_into_a_part_sees_the_roles_there_are(
    as_ada: Actor, acme: Organization, shop: Project, charlie: User, a_role: ARole
) -> None:
    role = a_role()
    services.add_member(acme, user=charlie, role=Role.ADMIN, scope=shop, actor=as_ada)

    assert list(CustomRole.objects.visible_to(actor_of(charlie))) == [role]


def test_two_queries_fetch_every_grant_however_many_roles_there_are(
    as_ada: Actor,
    bob: User,
    shop: Project,
    production: Environment,
    a_role: ARole,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    places: list[Any] = [shop, production]
    for number, place in enumerate(places):
        services.set_role(place, user=bob, role=a_role("flag.toggle", key=f"r-{number}"), actor=as_ada)

    with django_assert_num_queries(2):
        actor = actor_of(bob)
        assert all(allowed(actor, verb, production) for verb in ("flag.toggle", "flag.view"))
