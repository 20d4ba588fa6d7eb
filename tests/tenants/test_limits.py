"""Limits of an organization: each refuses one more, says so, and is raised by whoever runs the server alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from flags import services as flag_services
from tenants import services
from tenants.actors import Actor
from tenants.limits import NOUNS, limit
from tenants.models import AuditEvent, Environment, Membership, Organization, Project, User
from tenants.permissions import NotAllowed
from tenants.problems import Invalid, TooMany
from tenants.roles import Role
from tenants.usage import Usage, usage_in, usages_of
from tests.conftest import AtOnce


def set_to(organization: Organization, **limits: int) -> Organization:
    return services.set_limits(organization, limits=limits, actor=Actor.system())


def test_one_project_more_is_refused(acme: Organization, shop: Project, as_ada: Actor) -> None:
    set_to(acme, projects=1)

    with pytest.raises(
        TooMany, match=r"Acme has 1 projects, which is all that it allows \(projects: 1\). Whoever runs"
    ):
        services.create_project(acme, key="other", name="Other", actor=as_ada)
    assert not Project.objects.filter(key="other").exists()


def test_one_environment_more_is_refused(shop: Project, development: Environment, as_ada: Actor) -> None:
    set_to(shop.organization, environments_per_project=1)

    with pytest.raises(TooMany, match="Shop has 1 environments, which is all that Acme allows"):
        services.create_environment(shop, key="production", name="Production", actor=as_ada)


def test_one_member_more_is_refused(acme: Organization, bob: User, charlie: User, as_alice: Actor) -> None:
    set_to(acme, members=2)

    with pytest.raises(TooMany, match="Acme has 2 members"):
        services.add_member(acme, user=charlie, role=Role.VIEWER, actor=as_alice)
    assert not Membership.objects.filter(user=charlie).exists()


def test_an_invitation_is_not_accepted_into_a_full_organization(
    acme: Organization, charlie: User, as_alice: Actor, as_charlie: Actor
) -> None:
    invitation, _ = services.invite(acme, email=charlie.email, role=Role.VIEWER, actor=as_alice)
    set_to(acme, members=1)

    with pytest.raises(TooMany, match="Acme has 1 members"):
        services.accept_invitation(invitation, user=charlie, actor=as_charlie)
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_one_key_more_is_refused_and_a_rotation_is_not(acme: Organization, shop: Project, as_ada: Actor) -> None:
    api_key, _ = services.create_api_key(kind="relay", scope=shop, name="edge", actor=as_ada)
    set_to(acme, api_keys=1)

    with pytest.raises(TooMany, match="Acme has 1 API keys in use"):
        services.create_api_key(kind="relay", scope=shop, name="edge", actor=as_ada)
    services.revoke_api_key(api_key, actor=as_ada)
    services.create_api_key(kind="relay", scope=shop, name="edge", actor=as_ada)


def test_what_was_deleted_counts_when_it_comes_back(
    acme: Organization, shop: Project, development: Environment, as_alice: Actor
) -> None:
    services.delete_environment(development, actor=as_alice)
    services.create_environment(shop, key="live", name="Live", actor=as_alice)
    services.delete_project(shop, actor=as_alice)
    services.create_project(acme, key="other", name="Other", actor=as_alice)
    set_to(acme, projects=1)

    with pytest.raises(TooMany, match="Acme has 1 projects"):
        services.undelete_project(shop, actor=as_alice)
    set_to(acme, environments_per_project=1)
    services.undelete_project(shop, actor=as_alice)
    with pytest.raises(TooMany, match="Shop has 1 environments"):
        services.undelete_environment(development, actor=as_alice)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["project", "environment", "key", "member", "flag"])
def test_of_two_at_once_one_fits(
    what: str, acme: Organization, shop: Project, a_user: Callable[[str], User], system: Actor, at_once: AtOnce
) -> None:
    people = [a_user("Nina"), a_user("Nora")]
    set_to(acme, projects=2, environments_per_project=1, api_keys=1, members=2, flags_per_project=1)

    def make(number: int) -> object:
        key = f"new-{number}"
        made: dict[str, Callable[[], object]] = {
            "project": lambda: services.create_project(acme, key=key, name="New", actor=system),
            "environment": lambda: services.create_environment(shop, key=key, name="New", actor=system),
            "key": lambda: services.create_api_key(kind="relay", scope=shop, name="edge", actor=system),
            "member": lambda: services.add_member(acme, user=people[number], role=Role.VIEWER, actor=system),
            "flag": lambda: flag_services.create_flag(shop, {"key": key}, actor=system),
        }
        return made[what]()

    outcomes = at_once(lambda: make(0), lambda: make(1))

    assert sorted(isinstance(outcome, TooMany) for outcome in outcomes) == [False, True], outcomes


def test_limits_are_told_in_the_audit(acme: Organization, system: Actor) -> None:
    services.set_limits(acme, limits={"members": 5}, actor=system, comment="Their plan")

    told = AuditEvent.objects.get(verb="organization.limits_set")
    assert (told.before, told.after, told.comment) == ({"limits": {}}, {"limits": {"members": 5}}, "Their plan")


def test_no_role_sets_limits(acme: Organization, as_alice: Actor) -> None:
    token, _ = services.create_api_key(kind="token", scope=acme, name="ci", role=Role.OWNER, actor=as_alice)

    for actor in (as_alice, Actor.of_api_key(token), Actor.anonymous()):
        with pytest.raises(NotAllowed, match="whoever runs this server"):
            services.set_limits(acme, limits={}, actor=actor)


@pytest.mark.parametrize(
    ("limits", "path"),
    [
        ({"moons": 1}, "limits"),
        ({"manifest_bytes": 1}, "limits"),
        ({"members": -1}, "limits.members"),
        ({"members": True}, "limits.members"),
        ({"members": "5"}, "limits.members"),
        ({"members": 10_000_001}, "limits.members"),
        ({"rules_per_flag": 201}, "limits.rules_per_flag"),
    ],
)
def test_what_is_no_limit_is_refused(limits: Any, path: str, acme: Organization, system: Actor) -> None:
    with pytest.raises(Invalid) as caught:
        services.set_limits(acme, limits=limits, actor=system)

    assert [fault.path for fault in caught.value.faults] == [path]
    assert Organization.objects.get().limits == {}


def test_what_an_organization_does_not_say_the_instance_does(acme: Organization, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "members": 7, "projects": 3}
    acme.limits = {"projects": 9}

    assert (limit(acme, "members"), limit(acme, "projects")) == (7, 9)
    assert set(NOUNS) < set(settings.LIMITS)


def test_usage_names_the_fullest_project(
    acme: Organization, shop: Project, development: Environment, production: Environment, as_alice: Actor
) -> None:
    bank = services.create_project(acme, key="bank", name="Bank", actor=as_alice)
    services.create_environment(bank, key="live", name="Live", actor=as_alice)
    gone = services.create_environment(bank, key="gone", name="Gone", actor=as_alice)
    services.delete_environment(gone, actor=as_alice)
    flag_services.create_flag(bank, {"key": "checkout"}, actor=as_alice)
    services.create_api_key(kind="relay", scope=shop, name="edge", actor=as_alice)
    acme = set_to(acme, environments_per_project=2)

    found = {usage.name: usage for usage in usages_of(acme)}

    assert {name: usage.used for name, usage in found.items()} == {
        "projects": 2,
        "members": 1,
        "api_keys": 1,
        "environments_per_project": 2,
        "flags_per_project": 1,
        "segments_per_project": 0,
        "targets_per_flag": None,
        "rules_per_flag": None,
        "token_requests_per_minute": None,
        "sdk_requests_per_second": None,
        "streams": None,
    }
    environments, flags = found["environments_per_project"], found["flags_per_project"]
    assert (environments.project, flags.project) == (shop, bank)
    assert (environments.is_full, environments.is_near, flags.is_near) == (True, True, False)


@pytest.mark.parametrize(("used", "most", "near"), [(79, 100, False), (80, 100, True), (0, 0, True), (3, 2, True)])
def test_from_four_fifths_on_a_limit_is_near(used: int, most: int, near: bool) -> None:
    assert Usage("members", used, most, is_own=False).is_near is near


def test_who_has_counted_asks_nothing(acme: Organization, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert usage_in(acme, "members", 7).used == 7


def test_the_command_sets_prints_and_takes_away(acme: Organization, capsys: Any) -> None:
    call_command("set_limits", "acme", "members=5", "projects=9")
    call_command("set_limits", "acme", "members=")

    assert Organization.objects.get().limits == {"projects": 9}
    assert capsys.readouterr().out.splitlines()[-1] == "projects=9"


@pytest.mark.parametrize("words", [["acne"], ["acme", "members"], ["acme", "members=many"], ["acme", "moons=1"]])
def test_the_command_refuses_what_makes_no_sense(words: list[str], acme: Organization) -> None:
    with pytest.raises(CommandError):
        call_command("set_limits", *words)
