"""Invitations that nobody accepted yet, taken back: by hand, or with the membership of whoever made them."""

from tenants import audit
from tenants.actors import Actor
from tenants.changes import remove
from tenants.models import Invitation, Organization, User


def take_back(invitation: Invitation, *, actor: Actor, comment: str) -> None:
    """The caller has the lock on the organization."""
    facts = facts_of(invitation)
    remove(invitation, actor=actor, comment=comment)
    audit.record(actor, "invitation.revoked", invitation.place, facts, None, comment=comment)


def take_back_all_of(user: User, organization: Organization, *, actor: Actor, comment: str) -> None:
    """Those to the organization and its parts, deleted ones too, that this person made."""
    pending = Invitation.objects.filter(organization=organization, invited_by=user, accepted_at__isnull=True)
    for invitation in pending.select_related("organization", "project", "environment"):
        take_back(invitation, actor=actor, comment=comment)


def facts_of(invitation: Invitation) -> dict[str, str]:
    role = invitation.granted_role
    return {"email": invitation.email, "role": role.label if role else "", "place": str(invitation.place)}
