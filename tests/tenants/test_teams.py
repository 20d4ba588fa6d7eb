"""Teams: what people hold together, and that nobody gets more by them than somebody could give."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from pytest_django import DjangoAssertNumQueries

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, Project, Team, User
from tenants.permissions import NotAllowed, actor_of, actors_of, allowed, team_roles_on_each
from tenants.problems import Conflict, Invalid
from tenants.roles import Role


@pytest.fixture
def team(acme: Organization, as_ada: Actor) -> Team:
    return services.create_team(acme, key="payments", name="Payments", actor=as_ada)


@pytest.fixture
def lead(acme: Organization, a_member: Callable[[str, Role], User], system: Actor) -> Actor:
    """Arranges teams and gives roles, and may else what members may."""
    person = a_member("Lena", Role.MEMBER)
    verbs = [*Role.MEMBER.verbs, "member.edit", "team.edit"]
    role = services.create_role(acme, key="lead", name="Lead", verbs=verbs, actor=system)
    services.set_role(acme, user=person, role=role, actor=system)
    return actor_of(person)


def test_people_of_a_team_may_what_it_may_besides_what_they_may(
    team: Team, as_ada: Actor, vera: User, shop: Project, development: Environment, production: Environment
) -> None:
    services.set_team_role(shop, team=team, role=Role.MEMBER, actor=as_ada)

    services.add_to_team(team, user=vera, actor=as_ada)

    assert allowed(actor_of(vera), "flag.toggle", development)
    assert not allowed(actor_of(vera), "flag.toggle", production)
    assert not allowed(actor_of(vera), "flag.delete", development)
    assert list(Project.objects.visible_to(actor_of(vera), "flag.create")) == [shop]
    services.set_team_role(production, team=team, role=Role.MEMBER, actor=as_ada)
    assert allowed(actor_of(vera), "flag.toggle", production)


def test_a_team_may_hold_a_role_that_the_organization_made(
    team: Team, as_ada: Actor, acme: Organization, vera: User
) -> None:
    role = services.create_role(acme, key="support", name="Support", verbs=["audit.view"], actor=as_ada)
    services.add_to_team(team, user=vera, actor=as_ada)

    services.set_team_role(acme, team=team, role=role, actor=as_ada)

    assert allowed(actor_of(vera), "audit.view", acme)
    event = AuditEvent.objects.get(verb="team.role_set")
    assert (event.before, event.after) == ({"team": "Payments", "role": None}, {"team": "Payments", "role": "Support"})


def test_what_is_set_or_taken_twice_is_told_once(team: Team, as_ada: Actor, acme: Organization, vera: User) -> None:
    for _ in range(2):
        services.set_team_role(acme, team=team, role=Role.MEMBER, actor=as_ada)
        services.add_to_team(team, user=vera, actor=as_ada)
    for _ in range(2):
        services.remove_from_team(team, user=vera, actor=as_ada)
        services.withdraw_team_role(acme, team=team, actor=as_ada)

    told = AuditEvent.objects.filter(verb__startswith="team.").order_by("position").values_list("verb", flat=True)
    assert list(told) == [
        "team.created",
        "team.role_set",
        "team.member_added",
        "team.member_removed",
        "team.role_withdrawn",
    ]
    assert not allowed(actor_of(vera), "flag.toggle", acme)


def test_a_team_is_renamed_and_deleted_and_its_people_stay(
    team: Team, as_ada: Actor, acme: Organization, vera: User
) -> None:
    services.set_team_role(acme, team=team, role=Role.ADMIN, actor=as_ada)
    services.add_to_team(team, user=vera, actor=as_ada)

    renamed = services.edit_team(team, name=" Money ", actor=as_ada)
    services.delete_team(renamed, actor=as_ada, comment="merged")

    assert renamed.name == "Money"
    assert actor_of(vera).grants == {("organization", acme.id): (Role.VIEWER,)}
    assert team_roles_on_each([acme]) == {}
    assert not Group.objects.exists()
    deleted = AuditEvent.objects.get(verb="team.deleted")
    assert (deleted.before["people"], deleted.comment) == ([vera.id], "merged")


def test_a_key_is_taken_once(team: Team, as_ada: Actor, acme: Organization) -> None:
    with pytest.raises(Conflict, match='"payments" exists already'):
        services.create_team(acme, key="payments", name="Again", actor=as_ada)


@pytest.mark.parametrize("key", ["Not a key", ""])
def test_a_key_that_cannot_be_is_refused(key: str, as_ada: Actor, acme: Organization) -> None:
    with pytest.raises(Invalid, match="key"):
        services.create_team(acme, key=key, name="Team", actor=as_ada)


def test_only_members_join(team: Team, as_ada: Actor, charlie: User) -> None:
    with pytest.raises(Conflict, match="no member of Acme"):
        services.add_to_team(team, user=charlie, actor=as_ada)


def test_a_team_owns_nothing(team: Team, as_alice: Actor, acme: Organization, shop: Project) -> None:
    for place in (acme, shop):
        with pytest.raises(Invalid, match="Owners are people"):
            services.set_team_role(place, team=team, role=Role.OWNER, actor=as_alice)


def test_a_team_of_another_organization_gets_no_role(globex: Organization, as_alice: Actor, acme: Organization) -> None:
    theirs = services.create_team(globex, key="theirs", name="Theirs", actor=Actor.system())

    with pytest.raises(Invalid, match="no team of this organization"):
        services.set_team_role(acme, team=theirs, role=Role.VIEWER, actor=as_alice)


def test_nobody_arranges_a_team_that_carries_more_than_they_could_give(
    team: Team, lead: Actor, as_ada: Actor, acme: Organization, shop: Project, vera: User
) -> None:
    services.set_team_role(acme, team=team, role=Role.MEMBER, actor=as_ada)
    services.add_to_team(team, user=vera, actor=lead)
    services.set_team_role(shop, team=team, role=Role.ADMIN, actor=as_ada)

    arrangements: list[Callable[[], object]] = [
        lambda: services.add_to_team(team, user=lead.user, actor=lead),  # type: ignore[arg-type]  # a person
        lambda: services.remove_from_team(team, user=vera, actor=lead),
        lambda: services.delete_team(team, actor=lead),
        lambda: services.set_team_role(shop, team=team, role=Role.VIEWER, actor=lead),
        lambda: services.withdraw_team_role(shop, team=team, actor=lead),
        lambda: services.set_team_role(acme, team=team, role=Role.ADMIN, actor=lead),
        lambda: services.remove_member(acme, user=vera, actor=lead),
    ]
    for arrange in arrangements:
        with pytest.raises(NotAllowed, match="admin is above their own"):
            arrange()


def test_a_team_that_may_change_what_is_protected_takes_no_one_from_who_may_not(
    team: Team, lead: Actor, as_ada: Actor, production: Environment, vera: User
) -> None:
    services.set_team_role(production, team=team, role=Role.MEMBER, actor=as_ada)

    with pytest.raises(NotAllowed, match="above their own"):
        services.add_to_team(team, user=vera, actor=lead)


def test_whoever_leaves_the_organization_leaves_its_teams_and_no_other(
    team: Team, as_ada: Actor, acme: Organization, globex: Organization, vera: User, as_charlie: Actor
) -> None:
    elsewhere = services.create_team(globex, key="payments", name="Payments", actor=as_charlie)
    services.add_member(globex, user=vera, role=Role.VIEWER, actor=as_charlie)
    services.add_to_team(elsewhere, user=vera, actor=as_charlie)
    services.add_to_team(team, user=vera, actor=as_ada)

    services.remove_member(acme, user=vera, actor=as_ada)

    assert list(vera.groups.all()) == [elsewhere.group]
    assert AuditEvent.objects.get(verb="team.member_removed").before == {"user": vera.id}


def test_teams_of_a_deleted_organization_are_nowhere(team: Team, as_alice: Actor, acme: Organization) -> None:
    services.delete_organization(acme, actor=as_alice)

    assert not Team.objects.exists()
    with pytest.raises(Team.DoesNotExist):
        services.edit_team(team, name="x", actor=Actor.system())


def test_one_query_fetches_what_people_hold_themselves_and_by_their_teams(
    as_ada: Actor,
    acme: Organization,
    shop: Project,
    vera: User,
    bob: User,
    production: Environment,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    places: list[Any] = [acme, shop, production]
    for number, place in enumerate(places):
        team = services.create_team(acme, key=f"t-{number}", name="Team", actor=as_ada)
        services.set_team_role(place, team=team, role=Role.MEMBER, actor=as_ada)
        services.add_to_team(team, user=vera, actor=as_ada)

    with django_assert_num_queries(1):
        actors = actors_of([vera, bob])

    assert set(actors[vera.id].grants[("organization", acme.id)]) == {Role.VIEWER, Role.MEMBER}
    assert len(actors[vera.id].grants) == 3
    assert actors[bob.id].grants == {("organization", acme.id): (Role.MEMBER,)}
