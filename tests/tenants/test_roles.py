"""Every service as every role, from the literal table."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Invitation, Organization, OutboxEvent, Project, User
from tenants.permissions import NotAllowed, actor_of
from tenants.roles import LOWEST_ROLE, Role


@dataclass
class Scene:
    """Acme with something to change of every kind."""

    acme: Organization
    shop: Project
    environment: Environment
    member: User
    newcomer: User
    invitation: Invitation

    def a_key(self) -> Any:
        return services.create_api_key(kind="server", scope=self.environment, name="web", actor=Actor.system())[0]


Call = Callable[[Scene, Actor], object]

CALLS: dict[str, tuple[str, Call]] = {
    "rename_organization": (
        "organization.edit",
        lambda scene, actor: services.rename_organization(scene.acme, name="New", actor=actor),
    ),
    "delete_organization": (
        "organization.delete",
        lambda scene, actor: services.delete_organization(scene.acme, actor=actor),
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
        lambda scene, actor: services.arrange_environments(scene.shop, keys=[scene.environment.key], actor=actor),
    ),
    "delete_environment": (
        "environment.delete",
        lambda scene, actor: services.delete_environment(scene.environment, actor=actor),
    ),
    "undelete_environment": (
        "environment.delete",
        lambda scene, actor: services.undelete_environment(scene.environment, actor=actor),
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
# Whoever has no role anywhere may do these, for themselves.
FOR_EVERYBODY = {"accept_invitation", "create_organization", "found_organization", "register_user", "rename_user"}
# No role may do these; see test_outbox and test_limits.
FOR_THE_SYSTEM = {"retry_outbox_event", "set_limits"}


@pytest.fixture
def scene(
    acme: Organization, shop: Project, development: Environment, a_user: Callable[[str], User], bob: User
) -> Scene:
    invitation, _ = services.invite(acme, email="guest@example.com", role=Role.VIEWER, actor=Actor.system())
    return Scene(acme, shop, development, bob, a_user("Nina"), invitation)


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


def test_every_service_and_every_verb_of_tenants_is_walked() -> None:
    walked = {name.split(" ")[0] for name in CALLS}
    verbs = {
        verb for verb in LOWEST_ROLE if not verb.endswith(".view") and verb.split(".")[0] not in ("flag", "segment")
    }

    assert walked | FOR_EVERYBODY | FOR_THE_SYSTEM == set(services.__all__)
    assert {verb for verb, _ in CALLS.values()} == verbs
