"""Who may do what to flags: every service, every role, the protected environment, and the neighbours."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import services
from flags.models import Flag, FlagConfig, Segment
from tenants import services as tenants_services
from tenants.actors import Actor
from tenants.models import CustomRole, Environment, Organization, Project, User
from tenants.permissions import NotAllowed, actor_of, grant
from tenants.roles import LOWEST_ROLE, THROUGH_PROTECTION, Role

Service = Callable[..., Any]
OFF = {"variant": "off"}

IN_AN_ENVIRONMENT: dict[str, Service] = {
    "put_config": lambda flag, env, actor: services.put_config(flag, env, {"off": None}, actor=actor),
    "set_rules": lambda flag, env, actor: services.set_rules(flag, env, [{"serve": OFF}], actor=actor),
    "set_serve": lambda flag, env, actor: services.set_serve(flag, env, OFF, actor=actor),
    "add_rule": lambda flag, env, actor: services.add_rule(flag, env, {"serve": OFF}, actor=actor),
    "set_rollout": lambda flag, env, actor: services.set_rollout(flag, env, {"on": 5, "off": 95}, actor=actor),
    "put_back": lambda flag, env, actor: services.put_back(flag, env, OFF, actor=actor),
    "set_targets": lambda flag, env, actor: services.set_targets(flag, env, [OFF | {"values": ["u"]}], actor=actor),
    "set_prerequisites": lambda flag, env, actor: services.set_prerequisites(flag, env, {"all": []}, actor=actor),
    "toggle_flag": lambda flag, env, actor: services.toggle_flag(flag, env, enabled=False, actor=actor),
    "kill_flag": lambda flag, env, actor: services.kill_flag(flag, env, actor=actor),
    "roll_back_config": lambda flag, env, actor: services.roll_back_config(flag, env, to_version=1, actor=actor),
}
EVERYWHERE: dict[str, Service] = {
    "variants": lambda flag, actor: services.edit_flag(
        flag, {"variants": {"on": True, "off": False, "x": True}}, actor=actor
    ),
    "salt": lambda flag, actor: services.edit_flag(flag, {"salt": "new"}, actor=actor),
    "visibility": lambda flag, actor: services.edit_flag(flag, {"client_visible": False}, actor=actor),
    "metadata": lambda flag, actor: services.edit_flag(flag, {"metadata": {"a": 1}}, actor=actor),
    "archive": lambda flag, actor: services.archive_flag(flag, actor=actor),
}


@pytest.fixture
def used(
    checkout: Flag, configured: Callable[..., FlagConfig], development: Environment, production: Environment
) -> Flag:
    """A flag that is on in development and in production, which is protected."""
    configured(checkout, development)
    configured(checkout, production)
    return checkout


@pytest.mark.parametrize("service", IN_AN_ENVIRONMENT)
def test_viewer_cannot(used: Flag, development: Environment, as_vera: Actor, service: str) -> None:
    with pytest.raises(NotAllowed, match="checkout in development"):
        IN_AN_ENVIRONMENT[service](used, development, as_vera)

    assert FlagConfig.objects.get(environment=development).version == 2


@pytest.mark.parametrize("service", IN_AN_ENVIRONMENT)
def test_member_can(used: Flag, development: Environment, as_bob: Actor, service: str) -> None:
    assert IN_AN_ENVIRONMENT[service](used, development, as_bob).changed


@pytest.mark.parametrize("service", IN_AN_ENVIRONMENT)
def test_member_cannot_in_the_protected_environment(
    used: Flag, production: Environment, as_bob: Actor, service: str
) -> None:
    with pytest.raises(NotAllowed, match="checkout in production"):
        IN_AN_ENVIRONMENT[service](used, production, as_bob)


@pytest.mark.parametrize("service", IN_AN_ENVIRONMENT)
def test_member_can_where_they_were_granted_it(used: Flag, production: Environment, bob: User, service: str) -> None:
    grant(bob, Role.MEMBER, production)

    assert IN_AN_ENVIRONMENT[service](used, production, actor_of(bob)).changed


@pytest.mark.parametrize("service", IN_AN_ENVIRONMENT)
def test_admin_can_in_the_protected_environment(
    used: Flag, production: Environment, as_ada: Actor, service: str
) -> None:
    assert IN_AN_ENVIRONMENT[service](used, production, as_ada).changed


@pytest.mark.parametrize("service", IN_AN_ENVIRONMENT)
def test_owner_of_another_organization_cannot(
    used: Flag, development: Environment, as_charlie: Actor, service: str
) -> None:
    with pytest.raises(NotAllowed):
        IN_AN_ENVIRONMENT[service](used, development, as_charlie)


@pytest.mark.parametrize("change", EVERYWHERE)
def test_member_cannot_change_everywhere_what_the_protected_environment_uses(
    used: Flag, as_bob: Actor, change: str
) -> None:
    with pytest.raises(NotAllowed, match="checkout in production"):
        EVERYWHERE[change](used, as_bob)

    assert Flag.objects.get().version == 1


@pytest.mark.parametrize("change", EVERYWHERE)
def test_member_can_change_everywhere_what_only_open_environments_use(
    checkout: Flag,
    configured: Callable[..., FlagConfig],
    development: Environment,
    production: Environment,
    as_bob: Actor,
    change: str,
) -> None:
    configured(checkout, development)

    assert EVERYWHERE[change](checkout, as_bob).changed


@pytest.mark.parametrize("change", EVERYWHERE)
def test_admin_can_change_everywhere(used: Flag, as_ada: Actor, change: str) -> None:
    assert EVERYWHERE[change](used, as_ada).changed


def test_member_may_rename_what_the_protected_environment_uses(used: Flag, as_bob: Actor) -> None:
    saved = services.edit_flag(used, {"name": "Till", "tags": ["x"], "description": "d"}, actor=as_bob)

    assert saved.changed


def test_deleting_takes_an_admin(checkout: Flag, as_bob: Actor, as_ada: Actor) -> None:
    with pytest.raises(NotAllowed):
        services.delete_flag(checkout, actor=as_bob)

    services.delete_flag(checkout, actor=as_ada)

    assert not Flag.objects.exists()


def test_right_on_one_environment_does_not_reach_the_flag_itself(
    checkout: Flag, development: Environment, vera: User
) -> None:
    grant(vera, Role.ADMIN, development)

    with pytest.raises(NotAllowed):
        services.edit_flag(checkout, {"name": "x"}, actor=actor_of(vera))


def test_copying_needs_the_right_in_the_target_only(
    used: Flag, development: Environment, production: Environment, as_bob: Actor
) -> None:
    services.set_targets(used, production, [OFF | {"values": ["u"]}], actor=Actor.system())

    assert services.copy_config(used, production, development, actor=as_bob).changed
    with pytest.raises(NotAllowed, match="checkout in production"):
        services.copy_config(used, development, production, actor=as_bob)


def test_copying_needs_to_see_the_source(
    used: Flag, acme: Organization, development: Environment, production: Environment, a_user: Callable[[str], User]
) -> None:
    dora = a_user("Dora")
    grant(dora, Role.MEMBER, development)

    with pytest.raises(NotAllowed, match=r"flag\.view"):
        services.copy_config(used, production, development, actor=actor_of(dora))


@pytest.mark.parametrize(("role", "may"), [("as_vera", False), ("as_bob", True), ("as_charlie", False)])
def test_segments_are_made_by_members(shop: Project, request: pytest.FixtureRequest, role: str, may: bool) -> None:
    actor = request.getfixturevalue(role)

    if may:
        assert services.create_segment(shop, {"key": "staff"}, actor=actor).changed
    else:
        with pytest.raises(NotAllowed):
            services.create_segment(shop, {"key": "staff"}, actor=actor)

    assert Segment.objects.exists() is may


@pytest.fixture
def as_dora(acme: Organization, a_member: Callable[[str, Role], User], system: Actor) -> Actor:
    """Holds a role of Acme's own on the whole: all that changes flags and segments."""
    verbs = [verb for verb in LOWEST_ROLE if verb.startswith(("flag.", "segment."))]
    role = tenants_services.create_role(acme, key="flags", name="Flags", verbs=verbs, actor=system)
    dora = a_member("Dora", Role.VIEWER)
    grant(dora, role, acme)
    return actor_of(dora)


@pytest.mark.parametrize("service", IN_AN_ENVIRONMENT)
def test_a_role_of_the_organizations_own_counts_where_it_is_not_protected(
    used: Flag, development: Environment, production: Environment, as_dora: Actor, service: str
) -> None:
    assert IN_AN_ENVIRONMENT[service](used, development, as_dora).changed
    with pytest.raises(NotAllowed, match="checkout in production"):
        IN_AN_ENVIRONMENT[service](used, production, as_dora)

    tenants_services.edit_role(
        CustomRole.objects.get(), verbs=[*CustomRole.objects.get().verbs, THROUGH_PROTECTION], actor=Actor.system()
    )
    assert IN_AN_ENVIRONMENT[service](used, production, actor_of(as_dora.user)).changed


@pytest.mark.parametrize("service", IN_AN_ENVIRONMENT)
def test_a_team_can_where_it_was_granted_it(
    used: Flag, production: Environment, acme: Organization, as_ada: Actor, vera: User, service: str
) -> None:
    team = tenants_services.create_team(acme, key="payments", name="Payments", actor=as_ada)
    tenants_services.add_to_team(team, user=vera, actor=as_ada)
    tenants_services.set_team_role(acme, team=team, role=Role.MEMBER, actor=as_ada)

    with pytest.raises(NotAllowed, match="checkout in production"):
        IN_AN_ENVIRONMENT[service](used, production, actor_of(vera))
    tenants_services.set_team_role(production, team=team, role=Role.MEMBER, actor=as_ada)
    assert IN_AN_ENVIRONMENT[service](used, production, actor_of(vera)).changed


@pytest.mark.parametrize("change", EVERYWHERE)
def test_a_role_of_the_organizations_own_changes_everywhere_only_through_the_protection(
    used: Flag, as_dora: Actor, change: str
) -> None:
    with pytest.raises(NotAllowed, match="checkout in production"):
        EVERYWHERE[change](used, as_dora)
    with pytest.raises(NotAllowed, match="checkout in production"):
        services.delete_flag(used, actor=as_dora)
