"""Ownership, handed over in one go: somebody else becomes owner, and the owner steps down or leaves."""

from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import check, locked
from tenants.models import Organization, User
from tenants.permissions import NotAllowed, require, roles_on
from tenants.problems import Conflict
from tenants.roles import Role
from tenants.services.members import get_membership, remove_member, set_role


def hand_over(organization: Organization, *, to: User, leave: bool = False, actor: Actor, comment: str = "") -> None:
    """Make a member owner, and oneself an admin or, with `leave`, no member any more. Owners do it for themselves alone."""
    require(actor, "owner.edit", organization)
    owner = actor.user if actor.kind == "user" else None
    if owner is None:
        raise NotAllowed(actor, "owner.edit", organization, "people who own it hand it over themselves")
    check(None, comment)
    with transaction.atomic():
        organization = locked(organization)
        if roles_on(organization).get(owner.id) != Role.OWNER:
            raise Conflict(f"{owner} does not own {organization}: there is nothing to hand over.")
        _refuse_heir(organization, owner, to)
        set_role(organization, user=to, role=Role.OWNER, actor=actor, comment=comment)
        if leave:
            remove_member(organization, user=owner, actor=actor, comment=comment)
        else:
            set_role(organization, user=owner, role=Role.ADMIN, actor=actor, comment=comment)
        after = {"from": owner.id, "user": to.id, "leaves": leave}
        audit.record(actor, "organization.handed_over", organization, None, after, comment=comment)
        outbox.put("organization.handed_over", organization, {"user": to.id})


def _refuse_heir(organization: Organization, owner: User, to: User) -> None:
    if to.id == owner.id:
        raise Conflict("Hand it over to somebody else.")
    get_membership(organization, to)
    if not User.objects.filter(pk=to.pk, is_active=True).exists():
        raise Conflict(f"{to} cannot sign in: nobody would own {organization}.")
