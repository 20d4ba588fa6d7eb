"""Invitations: an address may join with a role; whoever opens the link signs in with that address and accepts."""

import secrets

from django.db import transaction
from django.utils import timezone

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, check, insert, locked, remove, tidy
from tenants.keys import sha256_of
from tenants.models import CustomRole, Environment, Invitation, Membership, Organization, Project, User
from tenants.permissions import NotAllowed, require
from tenants.problems import Conflict
from tenants.roles import AnyRole, Role
from tenants.services.giving import Place, require_to_give, role_faults, still_there
from tenants.services.members import let_in
from tenants.services.withdrawing import facts_of, take_back


def invite(place: Place, *, email: str, role: AnyRole, actor: Actor, comment: str = "") -> tuple[Invitation, str]:
    """An invitation to a place, and the secret of its link, which can be read here and never again.

    It holds for a week. A newer one for the same address takes the place of the one before.
    """
    require_to_give(actor, role, place)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation(
        organization=_organization_of(place),
        project=place if isinstance(place, Project) else getattr(place, "project", None),
        environment=place if isinstance(place, Environment) else None,
        email=tidy(email).lower(),
        role=role if isinstance(role, Role) else None,
        custom_role=role if isinstance(role, CustomRole) else None,
        token_hash=sha256_of(secret),
        invited_by=actor.user,
    )
    check(invitation, comment, faults=role_faults(role, place))
    with transaction.atomic():
        organization = locked(invitation.organization)
        still_there(role)
        _make_room(organization, invitation.email, actor, comment)
        insert(invitation, actor=actor, comment=comment, taken="This invitation exists already.")
        audit.record(actor, "invitation.created", invitation, None, facts_of(invitation), comment=comment)
        outbox.put("invitation.created", organization, {"invitation": invitation.id})
    return invitation, secret


def accept_invitation(invitation: Invitation, *, user: User, actor: Actor) -> Membership:
    """Join: the invited person alone may, and once."""
    if (actor.kind, actor.id) != ("user", user.id) or user.email != invitation.email:
        raise NotAllowed(actor, "invitation.accept", invitation, f"it is for {invitation.email}")
    with transaction.atomic():
        locked(invitation.organization)
        invitation = locked(invitation)
        now = timezone.now()
        role = invitation.granted_role
        if invitation.accepted_at is not None or invitation.expires_at <= now or role is None:
            raise Conflict("This invitation is over. Ask for a new one.")
        membership = let_in(user, role, invitation.place, actor=actor, comment="")
        alter(invitation, {"accepted_at": now}, actor=actor, comment="")
        audit.record(actor, "invitation.accepted", invitation, None, facts_of(invitation))
        return membership


def revoke_invitation(invitation: Invitation, *, actor: Actor, comment: str = "") -> None:
    """Its link leads nowhere any more."""
    require(actor, "member.edit", invitation)
    check(None, comment)
    with transaction.atomic():
        locked(invitation.organization)
        invitation = locked(invitation)
        if invitation.accepted_at is not None:
            raise Conflict(f"{invitation.email} has accepted already: remove the member instead.")
        take_back(invitation, actor=actor, comment=comment)


def _make_room(organization: Organization, email: str, actor: Actor, comment: str) -> None:
    if Membership.objects.filter(organization=organization, user__email=email).exists():
        raise Conflict(f"{email} is a member of {organization} already.")
    for earlier in Invitation.objects.filter(organization=organization, email=email, accepted_at__isnull=True):
        require(actor, "member.edit", earlier)  # who gives a part takes no invitation to the whole away
        remove(earlier, actor=actor, comment=comment)


def _organization_of(place: Place) -> Organization:
    return place if isinstance(place, Organization) else place.organization
