"""Invitations: given, accepted by the invited person alone, and taken back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tenants import selectors, services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Invitation, Organization, Project, User
from tenants.permissions import NotAllowed, actor_of
from tenants.problems import Conflict, Invalid
from tenants.roles import Role
from tests.conftest import AtOnce

CHARLIE = "charlie@example.com"


def test_an_invitation_is_accepted_once(as_ada: Actor, acme: Organization, charlie: User) -> None:
    invitation, secret = services.invite(acme, email=" Charlie@Example.com ", role=Role.MEMBER, actor=as_ada)

    services.accept_invitation(invitation, user=charlie, actor=actor_of(charlie))

    assert actor_of(charlie).grants == {("organization", acme.id): (Role.MEMBER,)}
    assert selectors.find_invitation(secret) is None
    with pytest.raises(Conflict, match="over"):
        services.accept_invitation(invitation, user=charlie, actor=actor_of(charlie))


def test_an_invitation_may_be_to_a_part_alone(as_ada: Actor, production: Environment, charlie: User) -> None:
    invitation, _ = services.invite(production, email=CHARLIE, role=Role.VIEWER, actor=as_ada)

    services.accept_invitation(invitation, user=charlie, actor=actor_of(charlie))

    assert actor_of(charlie).grants == {("environment", production.id): (Role.VIEWER,)}


def test_who_invites_to_a_part_takes_no_wider_invitation_away(
    as_ada: Actor, acme: Organization, shop: Project, charlie: User, system: Actor
) -> None:
    services.add_member(acme, user=charlie, role=Role.ADMIN, scope=shop, actor=system)
    _, secret = services.invite(acme, email="mona@example.com", role=Role.ADMIN, actor=as_ada)

    with pytest.raises(NotAllowed):
        services.invite(shop, email="mona@example.com", role=Role.VIEWER, actor=actor_of(charlie))
    assert selectors.find_invitation(secret) is not None


def test_the_secret_is_not_kept(as_ada: Actor, acme: Organization) -> None:
    invitation, secret = services.invite(acme, email=CHARLIE, role=Role.VIEWER, actor=as_ada)

    assert selectors.find_invitation(secret) == invitation
    assert secret not in str([*Invitation.objects.values(), *AuditEvent.objects.values()])


def test_nobody_else_accepts(as_ada: Actor, acme: Organization, charlie: User) -> None:
    invitation, _ = services.invite(acme, email="mona@example.com", role=Role.ADMIN, actor=as_ada)

    with pytest.raises(NotAllowed, match="it is for mona"):
        services.accept_invitation(invitation, user=charlie, actor=actor_of(charlie))
    with pytest.raises(NotAllowed):
        services.accept_invitation(invitation, user=charlie, actor=as_ada)


def test_an_old_invitation_is_over(as_ada: Actor, acme: Organization, charlie: User) -> None:
    invitation, _ = services.invite(acme, email=CHARLIE, role=Role.VIEWER, actor=as_ada)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Conflict, match="Ask for a new one"):
        services.accept_invitation(invitation, user=charlie, actor=actor_of(charlie))
    assert not actor_of(charlie).grants


def test_a_newer_invitation_takes_the_place_of_the_one_before(as_ada: Actor, acme: Organization) -> None:
    _, first = services.invite(acme, email=CHARLIE, role=Role.VIEWER, actor=as_ada)
    _, second = services.invite(acme, email=CHARLIE, role=Role.MEMBER, actor=as_ada)

    assert selectors.find_invitation(first) is None
    assert selectors.find_invitation(second) == Invitation.objects.get()


def test_a_revoked_invitation_leads_nowhere(as_ada: Actor, acme: Organization) -> None:
    invitation, secret = services.invite(acme, email=CHARLIE, role=Role.VIEWER, actor=as_ada)

    services.revoke_invitation(invitation, actor=as_ada, comment="A slip")

    assert selectors.find_invitation(secret) is None
    assert AuditEvent.objects.get(verb="invitation.revoked").before == {
        "email": CHARLIE,
        "role": "viewer",
        "place": "Acme",
    }


def test_members_are_not_invited(as_ada: Actor, acme: Organization, bob: User) -> None:
    with pytest.raises(Conflict, match="is a member of Acme already"):
        services.invite(acme, email="bob@example.com", role=Role.VIEWER, actor=as_ada)


def test_nobody_invites_above_themselves(as_ada: Actor, as_bob: Actor, acme: Organization) -> None:
    with pytest.raises(NotAllowed):
        services.invite(acme, email=CHARLIE, role=Role.OWNER, actor=as_ada)
    with pytest.raises(NotAllowed):
        services.invite(acme, email=CHARLIE, role=Role.VIEWER, actor=as_bob)


def test_a_member_revokes_no_invitation(as_ada: Actor, as_bob: Actor, acme: Organization) -> None:
    invitation, _ = services.invite(acme, email=CHARLIE, role=Role.VIEWER, actor=as_ada)

    with pytest.raises(NotAllowed):
        services.revoke_invitation(invitation, actor=as_bob)


def test_admins_of_a_part_see_and_revoke_the_invitations_to_it_alone(
    as_ada: Actor, acme: Organization, shop: Project, production: Environment, development: Environment, charlie: User
) -> None:
    places: dict[str, Organization | Project | Environment] = {
        "acme": acme,
        "shop": shop,
        "production": production,
        "development": development,
    }
    sent = {
        name: services.invite(place, email=f"{name}@example.com", role=Role.VIEWER, actor=as_ada)[0]
        for name, place in places.items()
    }
    services.add_member(acme, user=charlie, role=Role.ADMIN, scope=production, actor=as_ada)
    seen_in_the_environment = set(selectors.invitations_of(actor_of(charlie), acme))
    services.set_role(shop, user=charlie, role=Role.ADMIN, actor=as_ada)
    seen_in_the_project = set(selectors.invitations_of(actor_of(charlie), acme))

    services.revoke_invitation(sent["development"], actor=actor_of(charlie))

    assert seen_in_the_environment == {sent["production"]}
    assert seen_in_the_project == {sent["shop"], sent["production"], sent["development"]}
    assert AuditEvent.objects.get(verb="invitation.revoked").environment_id == development.id
    with pytest.raises(NotAllowed):
        services.revoke_invitation(sent["acme"], actor=actor_of(charlie))


def test_members_of_a_part_see_no_invitation_to_it(as_ada: Actor, shop: Project, charlie: User) -> None:
    services.invite(shop, email="mona@example.com", role=Role.VIEWER, actor=as_ada)
    services.add_member(shop.organization, user=charlie, role=Role.MEMBER, scope=shop, actor=as_ada)

    assert not Invitation.objects.visible_to(actor_of(charlie)).exists()


@pytest.mark.parametrize("email", ["", "nobody", "a@b\n.c", "a" * 250 + "@example.com"])
def test_an_address_is_needed(email: str, as_ada: Actor, acme: Organization) -> None:
    with pytest.raises(Invalid) as caught:
        services.invite(acme, email=email, role=Role.VIEWER, actor=as_ada)

    assert {fault.path for fault in caught.value.faults} == {"email"}


def test_an_invitation_to_a_deleted_project_is_refused(as_ada: Actor, shop: Project, charlie: User) -> None:
    invitation, _ = services.invite(shop, email=CHARLIE, role=Role.VIEWER, actor=as_ada)
    services.delete_project(shop, actor=as_ada)

    with pytest.raises(Project.DoesNotExist):
        services.accept_invitation(invitation, user=charlie, actor=actor_of(charlie))


@pytest.mark.django_db(transaction=True)
def test_of_two_acceptances_at_once_one_joins(
    as_ada: Actor, acme: Organization, charlie: User, at_once: AtOnce
) -> None:
    invitation, _ = services.invite(acme, email=CHARLIE, role=Role.MEMBER, actor=as_ada)

    def accept() -> object:
        return services.accept_invitation(invitation, user=charlie, actor=actor_of(charlie))

    results = at_once(accept, accept)

    assert sorted(isinstance(one, Conflict) for one in results) == [False, True]
