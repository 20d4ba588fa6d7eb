"""Every service as every role, from the literal table."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants import services
from tenants.actors import Actor
from tenants.models import (
    Alert,
    AuditEvent,
    CustomRole,
    Environment,
    Invitation,
    Organization,
    OutboxEvent,
    Project,
    Purge,
    Team,
    User,
    Webhook,
    WebhookDelivery,
)
from tenants.permissions import NotAllowed, actor_of, grant
from tenants.roles import ALWAYS_GIVEN, GIVEABLE, LOWEST_ROLE, Role
from tests.conftest import PASSWORD
from tests.standing import Ground


@dataclass
class Scene:
    """Acme with something to change of every kind."""

    acme: Organization
    shop: Project
    environment: Environment
    member: User
    newcomer: User
    invitation: Invitation
    role: CustomRole
    team: Team
    deleted: Environment
    purge: Purge
    webhook: Webhook
    delivery: WebhookDelivery
    alert: Alert

    def a_key(self) -> Any:
        return services.create_api_key(kind="server", scope=self.environment, name="web", actor=Actor.system())[0]


Call = Callable[[Scene, Actor], object]

CALLS: dict[str, tuple[str, Call]] = {
    "create_alert": (
        "alert.edit",
        lambda scene, actor: services.create_alert(scope=scene.shop, name="Nights", actor=actor),
    ),
    "edit_alert": ("alert.edit", lambda scene, actor: services.edit_alert(scene.alert, name="B", actor=actor)),
    "delete_alert": ("alert.edit", lambda scene, actor: services.delete_alert(scene.alert, actor=actor)),
    "create_webhook": (
        "webhook.create",
        lambda scene, actor: services.create_webhook(
            scope=scene.shop, name="CI", url="https://a.example/", actor=actor
        ),
    ),
    "edit_webhook": ("webhook.edit", lambda scene, actor: services.edit_webhook(scene.webhook, name="B", actor=actor)),
    "disable_webhook": ("webhook.edit", lambda scene, actor: services.disable_webhook(scene.webhook, actor=actor)),
    "enable_webhook": ("webhook.edit", lambda scene, actor: services.enable_webhook(scene.webhook, actor=actor)),
    "rotate_webhook": (
        "webhook.rotate",
        lambda scene, actor: services.rotate_webhook(scene.webhook, overlap=timedelta(hours=1), actor=actor),
    ),
    "test_webhook": ("webhook.test", lambda scene, actor: services.test_webhook(scene.webhook, actor=actor)),
    "replay_failed": (
        "webhook.replay",
        lambda scene, actor: services.replay_failed(scene.webhook, since=timezone.now(), actor=actor),
    ),
    "replay_delivery": (
        "webhook.replay",
        lambda scene, actor: services.replay_delivery(scene.delivery, actor=actor),
    ),
    "delete_webhook": ("webhook.delete", lambda scene, actor: services.delete_webhook(scene.webhook, actor=actor)),
    "rename_organization": (
        "organization.edit",
        lambda scene, actor: services.rename_organization(scene.acme, name="New", actor=actor),
    ),
    "set_mfa_policy": (
        "mfa_policy.edit",
        lambda scene, actor: services.set_mfa_policy(scene.acme, required=False, actor=actor),
    ),
    "set_leak_policy": (
        "organization.edit",
        lambda scene, actor: services.set_leak_policy(scene.acme, revokes_leaked_keys=True, actor=actor),
    ),
    "delete_organization": (
        "organization.delete",
        lambda scene, actor: services.delete_organization(scene.acme, actor=actor),
    ),
    "set_retention": (
        "organization.set_retention",
        lambda scene, actor: services.set_retention(scene.acme, days=10, actor=actor),
    ),
    "purge_now": (
        "organization.purge",
        lambda scene, actor: services.purge_now(scene.deleted, confirm="deleted", actor=actor),
    ),
    "retry_purge": (
        "organization.purge",
        lambda scene, actor: services.retry_purge(scene.purge, actor=actor),
    ),
    "undelete_organization": (
        "organization.delete",
        lambda scene, actor: services.undelete_organization(scene.acme, actor=actor),
    ),
    "add_member": (
        "member.edit",
        lambda scene, actor: services.add_member(scene.acme, user=scene.newcomer, role=Role.VIEWER, actor=actor),
    ),
    "set_role": (
        "member.edit",
        lambda scene, actor: services.set_role(scene.acme, user=scene.member, role=Role.VIEWER, actor=actor),
    ),
    "set_role to owner": (
        "owner.edit",
        lambda scene, actor: services.set_role(scene.acme, user=scene.member, role=Role.OWNER, actor=actor),
    ),
    "hand_over": ("owner.edit", lambda scene, actor: services.hand_over(scene.acme, to=scene.member, actor=actor)),
    "withdraw_role": (
        "member.edit",
        lambda scene, actor: services.withdraw_role(scene.acme, user=scene.member, actor=actor),
    ),
    "remove_member": (
        "member.edit",
        lambda scene, actor: services.remove_member(scene.acme, user=scene.member, actor=actor),
    ),
    "invite": (
        "member.edit",
        lambda scene, actor: services.invite(scene.acme, email="new@example.com", role=Role.VIEWER, actor=actor),
    ),
    "revoke_invitation": (
        "member.edit",
        lambda scene, actor: services.revoke_invitation(scene.invitation, actor=actor),
    ),
    "set_up_project": (
        "project.create",
        lambda scene, actor: services.set_up_project(scene.acme, key="new", name="New", actor=actor),
    ),
    "create_project": (
        "project.create",
        lambda scene, actor: services.create_project(scene.acme, key="new", name="New", actor=actor),
    ),
    "edit_project": ("project.edit", lambda scene, actor: services.edit_project(scene.shop, name="New", actor=actor)),
    "delete_project": ("project.delete", lambda scene, actor: services.delete_project(scene.shop, actor=actor)),
    "undelete_project": ("project.delete", lambda scene, actor: services.undelete_project(scene.shop, actor=actor)),
    "create_environment": (
        "environment.create",
        lambda scene, actor: services.create_environment(scene.shop, key="new", name="New", actor=actor),
    ),
    "edit_environment": (
        "environment.edit",
        lambda scene, actor: services.edit_environment(scene.environment, name="New", actor=actor),
    ),
    "arrange_environments": (
        "environment.edit",
        lambda scene, actor: services.arrange_environments(scene.shop, keys=["production", "development"], actor=actor),
    ),
    "delete_environment": (
        "environment.delete",
        lambda scene, actor: services.delete_environment(scene.environment, actor=actor),
    ),
    "undelete_environment": (
        "environment.delete",
        lambda scene, actor: services.undelete_environment(scene.environment, actor=actor),
    ),
    "edit_environment to protected": (
        "environment.change_protected",
        lambda scene, actor: services.edit_environment(scene.environment, is_protected=True, actor=actor),
    ),
    "create_role": (
        "role.edit",
        lambda scene, actor: services.create_role(scene.acme, key="new", name="New", verbs=[], actor=actor),
    ),
    "edit_role": ("role.edit", lambda scene, actor: services.edit_role(scene.role, name="New", actor=actor)),
    "delete_role": ("role.edit", lambda scene, actor: services.delete_role(scene.role, actor=actor)),
    "create_team": (
        "team.edit",
        lambda scene, actor: services.create_team(scene.acme, key="new", name="New", actor=actor),
    ),
    "edit_team": ("team.edit", lambda scene, actor: services.edit_team(scene.team, name="New", actor=actor)),
    "delete_team": ("team.edit", lambda scene, actor: services.delete_team(scene.team, actor=actor)),
    "add_to_team": (
        "team.edit",
        lambda scene, actor: services.add_to_team(scene.team, user=scene.member, actor=actor),
    ),
    "remove_from_team": (
        "team.edit",
        lambda scene, actor: services.remove_from_team(scene.team, user=scene.member, actor=actor),
    ),
    "set_team_role": (
        "member.edit",
        lambda scene, actor: services.set_team_role(scene.acme, team=scene.team, role=Role.VIEWER, actor=actor),
    ),
    "withdraw_team_role": (
        "member.edit",
        lambda scene, actor: services.withdraw_team_role(scene.acme, team=scene.team, actor=actor),
    ),
    "create_api_key": (
        "api_key.create",
        lambda scene, actor: services.create_api_key(kind="server", scope=scene.environment, name="web", actor=actor),
    ),
    "edit_api_key": (
        "api_key.edit",
        lambda scene, actor: services.edit_api_key(scene.a_key(), name="New", actor=actor),
    ),
    "rotate_api_key": (
        "api_key.rotate",
        lambda scene, actor: services.rotate_api_key(scene.a_key(), overlap=timedelta(days=1), actor=actor),
    ),
    "revoke_api_key": ("api_key.revoke", lambda scene, actor: services.revoke_api_key(scene.a_key(), actor=actor)),
}
OF_A_KEY = {"edit_api_key", "revoke_api_key", "rotate_api_key"}
# Whom the service lowers holds these, so whoever lowers them holds them too; or it takes more than one verb.
ALSO_HELD = dict.fromkeys(["set_role", "withdraw_role", "remove_member"], Role.MEMBER.verbs)
ALSO_HELD["set_up_project"] = frozenset({"environment.create", "api_key.create"})
ALSO_HELD["edit_environment to protected"] = frozenset({"environment.edit"})
# Whoever has no role anywhere may do these, for themselves.
FOR_EVERYBODY = {
    "accept_invitation",
    "choose_notices",
    "create_organization",
    "delete_account",
    "disown_sign_in",
    "found_organization",
    "register_user",
    "rename_user",
    "report_leaked_key",
}
# No role may do these; see test_outbox, test_limits and signing_in/test_lost_factors and test_erasing.
FOR_THE_SYSTEM = {
    "change_runtime_settings",
    "erase_account",
    "remove_second_factors",
    "retry_outbox_event",
    "set_limits",
}


@pytest.fixture(scope="module")
def standing(ground: Ground) -> Scene:
    acme, shop = ground.acme, ground.shop
    bob, nina = (
        services.register_user(email=f"{name}@example.com", password=PASSWORD, name=name, actor=Actor.anonymous())
        for name in ("Bob", "Nina")
    )
    services.add_member(acme, user=bob, role=Role.MEMBER, actor=Actor.system())
    invitation, _ = services.invite(acme, email="guest@example.com", role=Role.VIEWER, actor=Actor.system())
    role = services.create_role(acme, key="own", name="Own", verbs=[], actor=Actor.system())
    team = services.create_team(acme, key="team", name="Team", actor=Actor.system())
    url = "https://ci.example.com/hooks"
    webhook, _ = services.create_webhook(scope=acme, name="CI", url=url, actor=Actor.system())
    delivery = services.test_webhook(webhook, actor=Actor.system())
    alert = services.create_alert(scope=acme, name="Nights", actor=Actor.system())
    deleted, ending = (_a_deleted_environment(shop, key) for key in ("deleted", "ending"))
    purge = services.purge_now(ending, confirm="ending", actor=Actor.system())
    things = (invitation, role, team, deleted, purge, webhook, delivery, alert)
    return Scene(acme, shop, ground.development, bob, nina, *things)


@pytest.fixture
def scene(standing: Scene, db: None) -> Scene:
    return deepcopy(standing)


@pytest.fixture
def acme(scene: Scene) -> Organization:
    return scene.acme


def _a_deleted_environment(shop: Project, key: str) -> Environment:
    environment = services.create_environment(shop, key=key, name=key, actor=Actor.system())
    services.delete_environment(environment, actor=Actor.system())
    return environment


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", CALLS)
def test_the_table_decides(name: str, role: Role, scene: Scene, a_member: Callable[[str, Role], User]) -> None:
    verb, call = CALLS[name]
    actor = actor_of(a_member("Somebody", role))

    if role >= LOWEST_ROLE[verb]:
        call(scene, actor)
    else:
        with pytest.raises(NotAllowed, match=LOWEST_ROLE[verb].label):
            call(scene, actor)


@pytest.mark.parametrize("name", CALLS)
def test_a_role_of_ones_own_decides_by_its_verbs(
    name: str, scene: Scene, a_member: Callable[[str, Role], User]
) -> None:
    verb, call = CALLS[name]
    person = a_member("Somebody", Role.VIEWER)
    others = sorted({*GIVEABLE} - {verb})
    grant(person, a_role(scene, verbs=others), scene.acme)

    with pytest.raises(NotAllowed):
        call(scene, actor_of(person))

    if verb in GIVEABLE:
        wanted = ALWAYS_GIVEN | {verb, "member.view"} | ALSO_HELD.get(name, frozenset())
        grant(person, a_role(scene, verbs=sorted(wanted)), scene.acme)
        call(scene, actor_of(person))


def a_role(scene: Scene, verbs: list[str]) -> CustomRole:
    """Whatever its verbs are: the service would not give some of them away, and completes others."""
    key = f"r-{CustomRole.objects.count()}"
    role = services.create_role(scene.acme, key=key, name="Of verbs", verbs=[], actor=Actor.system())
    role.verbs = verbs
    role.save()
    return role


@pytest.mark.parametrize("name", [name for name, (verb, _) in CALLS.items() if verb in GIVEABLE])
def test_a_team_carries_its_people_as_far_as_the_table_says(
    name: str, scene: Scene, a_member: Callable[[str, Role], User]
) -> None:
    verb, call = CALLS[name]
    person = a_member("Somebody", Role.VIEWER)
    theirs = services.create_team(scene.acme, key="theirs", name="Theirs", actor=Actor.system())
    services.add_to_team(theirs, user=person, actor=Actor.system())
    grant(theirs, Role(LOWEST_ROLE[verb] - 1), scene.acme)

    with pytest.raises(NotAllowed):
        call(scene, actor_of(person))
    grant(theirs, LOWEST_ROLE[verb], scene.acme)
    call(scene, actor_of(person))


@pytest.mark.parametrize("name", CALLS)
def test_an_outsider_changes_nothing(name: str, scene: Scene, as_charlie: Actor) -> None:
    _, call = CALLS[name]
    scene.a_key()
    written = AuditEvent.objects.count(), OutboxEvent.objects.count()

    for actor in (as_charlie, Actor.anonymous()):
        with pytest.raises(NotAllowed):
            call(_with_one_key(scene) if name in OF_A_KEY else scene, actor)

    assert (AuditEvent.objects.count(), OutboxEvent.objects.count()) == written


def _with_one_key(scene: Scene) -> Scene:
    """The key made by `test_an_outsider_changes_nothing`, so that looking it up writes nothing."""
    api_key = scene.environment.api_keys.get()
    scene.a_key = lambda: api_key  # type: ignore[method-assign]
    return scene


# Walked by the tests of flags and analytics.
OF_OTHERS = {
    "flag",
    "segment",
    "trigger",
    "attribute",
    "metric",
    "experiment",
    "exclusion_group",
    "rollout",
    "guardrail",
}


def test_every_service_and_every_verb_of_tenants_is_walked() -> None:
    walked = {name.split(" ")[0] for name in CALLS}
    verbs = {verb for verb in LOWEST_ROLE if not verb.endswith(".view") and verb.split(".")[0] not in OF_OTHERS}

    assert walked | FOR_EVERYBODY | FOR_THE_SYSTEM == set(services.__all__)
    assert {verb for verb, _ in CALLS.values()} == verbs
