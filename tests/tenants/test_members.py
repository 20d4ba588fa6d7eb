"""Who belongs to an organization, with which role where."""

from collections.abc import Callable

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Invitation, Membership, Organization, Project, User
from tenants.permissions import NotAllowed, actor_of, allowed
from tenants.problems import Conflict, Invalid
from tenants.roles import Role


def test_a_member_with_a_scope_holds_the_role_there_alone(
    as_ada: Actor, acme: Organization, shop: Project, charlie: User
) -> None:
    services.add_member(acme, user=charlie, role=Role.MEMBER, scope=shop, actor=as_ada)

    assert actor_of(charlie).grants == {("project", shop.id): (Role.MEMBER,)}
    assert AuditEvent.objects.get(verb="member.added", project_id=shop.id).after == {
        "user": charlie.id,
        "role": "member",
    }


def test_a_scope_of_another_organization_is_refused(as_alice: Actor, acme: Organization, charlie: User) -> None:
    elsewhere = services.create_organization(slug="initech", name="Initech", owner=charlie, actor=actor_of(charlie))
    foreign = services.create_project(elsewhere, key="tps", name="TPS", actor=actor_of(charlie))
    superuser = Actor.system()

    with pytest.raises(NotAllowed):
        services.add_member(acme, user=charlie, role=Role.MEMBER, scope=foreign, actor=as_alice)
    with pytest.raises(Invalid, match="of Acme"):
        services.add_member(acme, user=charlie, role=Role.MEMBER, scope=foreign, actor=superuser)


def test_nobody_is_added_twice(as_ada: Actor, acme: Organization, bob: User) -> None:
    with pytest.raises(Conflict, match="Bob is a member of Acme already"):
        services.add_member(acme, user=bob, role=Role.ADMIN, actor=as_ada)

    assert actor_of(bob).grants == {("organization", acme.id): (Role.MEMBER,)}


def test_an_unknown_role_is_refused_with_those_there_are(as_alice: Actor, acme: Organization, bob: User) -> None:
    with pytest.raises(Invalid, match="viewer, member, admin, owner"):
        services.set_role(acme, user=bob, role=9, actor=Actor.system())  # type: ignore[arg-type]  # what a door may pass


def test_setting_a_role_replaces_the_one_before(as_ada: Actor, acme: Organization, bob: User) -> None:
    services.set_role(acme, user=bob, role=Role.VIEWER, actor=as_ada)

    assert actor_of(bob).grants == {("organization", acme.id): (Role.VIEWER,)}
    event = AuditEvent.objects.get(verb="member.role_set")
    assert (event.before["role"], event.after["role"]) == ("member", "viewer")


def test_a_role_on_an_environment_stands_beside_that_on_the_organization(
    as_ada: Actor, vera: User, production: Environment
) -> None:
    services.set_role(production, user=vera, role=Role.MEMBER, actor=as_ada)

    assert allowed(actor_of(vera), "flag.toggle", production)
    assert not allowed(actor_of(vera), "flag.toggle", production.project)


def test_only_members_get_roles(as_ada: Actor, shop: Project, charlie: User) -> None:
    with pytest.raises(Conflict, match="no member of Acme"):
        services.set_role(shop, user=charlie, role=Role.VIEWER, actor=as_ada)


def test_an_admin_makes_no_owner(as_ada: Actor, acme: Organization, bob: User) -> None:
    with pytest.raises(NotAllowed):
        services.set_role(acme, user=bob, role=Role.OWNER, actor=as_ada)


def test_an_admin_neither_lowers_nor_removes_an_owner(as_ada: Actor, acme: Organization, alice: User) -> None:
    with pytest.raises(NotAllowed, match="owner is above their own there, only admin"):
        services.set_role(acme, user=alice, role=Role.VIEWER, actor=as_ada)
    with pytest.raises(NotAllowed, match="above their own"):
        services.remove_member(acme, user=alice, actor=as_ada)
    with pytest.raises(NotAllowed, match="above their own"):
        services.withdraw_role(acme, user=alice, actor=as_ada)


def test_a_project_admin_cannot_reach_beyond_the_project(
    as_ada: Actor, acme: Organization, shop: Project, charlie: User, bob: User
) -> None:
    services.add_member(acme, user=charlie, role=Role.ADMIN, scope=shop, actor=as_ada)
    as_project_admin = actor_of(charlie)

    services.set_role(shop, user=bob, role=Role.ADMIN, actor=as_project_admin)
    with pytest.raises(NotAllowed):
        services.set_role(acme, user=bob, role=Role.VIEWER, actor=as_project_admin)
    with pytest.raises(NotAllowed):
        services.set_role(shop, user=bob, role=Role.OWNER, actor=as_project_admin)


@pytest.mark.parametrize("leave", ["set_role", "withdraw_role", "remove_member"])
def test_the_last_owner_stays(leave: str, as_alice: Actor, acme: Organization, alice: User, ada: User) -> None:
    change: Callable[..., object] = getattr(services, leave)
    extra = {"role": Role.ADMIN} if leave == "set_role" else {}

    with pytest.raises(Conflict, match="Alice is the last owner of Acme"):
        change(acme, user=alice, actor=as_alice, **extra)

    assert actor_of(alice).grants == {("organization", acme.id): (Role.OWNER,)}


def test_an_owner_leaves_when_there_is_another(as_alice: Actor, acme: Organization, alice: User, ada: User) -> None:
    services.set_role(acme, user=ada, role=Role.OWNER, actor=as_alice)

    services.remove_member(acme, user=alice, actor=as_alice)

    assert not actor_of(alice).grants
    assert not Membership.objects.filter(user=alice).exists()


def test_an_inactive_owner_does_not_count(as_alice: Actor, acme: Organization, alice: User, ada: User) -> None:
    services.set_role(acme, user=ada, role=Role.OWNER, actor=as_alice)
    User.objects.filter(pk=ada.pk).update(is_active=False)

    with pytest.raises(Conflict, match="last owner"):
        services.remove_member(acme, user=alice, actor=as_alice)


def test_everybody_may_leave(acme: Organization, vera: User, as_vera: Actor) -> None:
    services.remove_member(acme, user=vera, actor=as_vera)

    assert not Membership.objects.filter(user=vera).exists()


def test_whoever_leaves_takes_no_role_along(
    as_ada: Actor, acme: Organization, bob: User, shop: Project, production: Environment
) -> None:
    services.set_role(shop, user=bob, role=Role.ADMIN, actor=as_ada)
    services.set_role(production, user=bob, role=Role.ADMIN, actor=as_ada)
    services.delete_environment(production, actor=as_ada)

    services.remove_member(acme, user=bob, actor=as_ada, comment="left the company")

    services.undelete_environment(production, actor=as_ada)
    assert not actor_of(bob).grants
    assert Membership.history.filter(history_type="-").get().history_change_reason == "left the company"


@pytest.mark.parametrize("leaves", [True, False])
def test_whoever_leaves_takes_their_pending_invitations_along(
    leaves: bool, as_ada: Actor, as_alice: Actor, acme: Organization, production: Environment, ada: User
) -> None:
    services.invite(acme, email="mona@example.com", role=Role.ADMIN, actor=as_ada)
    services.invite(production, email="nick@example.com", role=Role.ADMIN, actor=as_ada)
    kept, _ = services.invite(acme, email="olga@example.com", role=Role.VIEWER, actor=as_alice)

    services.remove_member(acme, user=ada, actor=as_ada if leaves else as_alice, comment="left the company")

    assert Invitation.objects.get() == kept
    revoked = AuditEvent.objects.filter(verb="invitation.revoked", comment="left the company")
    assert {event.before["email"] for event in revoked} == {"mona@example.com", "nick@example.com"}


def test_whoever_leaves_keeps_whom_they_brought_and_what_they_sent_elsewhere(
    as_ada: Actor,
    as_alice: Actor,
    as_charlie: Actor,
    acme: Organization,
    globex: Organization,
    ada: User,
    charlie: User,
) -> None:
    accepted, _ = services.invite(acme, email="charlie@example.com", role=Role.VIEWER, actor=as_ada)
    services.accept_invitation(accepted, user=charlie, actor=as_charlie)
    services.add_member(globex, user=ada, role=Role.ADMIN, actor=as_charlie)
    elsewhere, _ = services.invite(globex, email="mona@example.com", role=Role.VIEWER, actor=actor_of(ada))

    services.remove_member(acme, user=ada, actor=as_alice)

    assert set(Invitation.objects.all()) == {accepted, elsewhere}


def test_withdrawing_leaves_the_roles_around(as_ada: Actor, bob: User, acme: Organization, shop: Project) -> None:
    services.set_role(shop, user=bob, role=Role.ADMIN, actor=as_ada)

    services.withdraw_role(shop, user=bob, actor=as_ada)

    assert actor_of(bob).grants == {("organization", acme.id): (Role.MEMBER,)}
    assert AuditEvent.objects.get(verb="member.role_withdrawn").before["role"] == "admin"


def test_nobody_gets_a_role_on_what_is_deleted(as_ada: Actor, acme: Organization, bob: User, shop: Project) -> None:
    services.delete_project(shop, actor=as_ada)

    with pytest.raises(Project.DoesNotExist):
        services.set_role(shop, user=bob, role=Role.ADMIN, actor=as_ada)
    with pytest.raises(Project.DoesNotExist):
        services.withdraw_role(shop, user=bob, actor=as_ada)
