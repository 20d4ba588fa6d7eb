"""An account, deleted: what becomes of the organizations, of the ways to sign in, and of the address."""

from collections.abc import Mapping

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.db import transaction

from tenants import audit, devices, outbox, outgoing_mail, purging, realm
from tenants.actors import Actor
from tenants.changes import alter, check, hide, locked
from tenants.models import Invitation, Membership, Organization, User
from tenants.models.users import NAMELESS
from tenants.permissions import NotAllowed, withdraw_all
from tenants.problems import Conflict
from tenants.querysets import MembershipQuerySet
from tenants.selectors import is_last_owner
from tenants.services.members import end_membership, remove_member
from tenants.services.organizations import delete_organization
from tenants.services.ownership import hand_over
from tenants.services.withdrawing import take_back

DELETED_PEOPLE = "deleted.invalid"


def delete_account(
    user: User,
    *,
    heirs: Mapping[str, User | None] | None = None,
    erase: bool = False,
    actor: Actor,
    comment: str = "",
) -> None:
    """End an account, for good: people do it themselves, or whoever runs the server does.

    Where nobody else owns an organization, `heirs` says by its id which member does from now on, or None to delete it;
    `Conflict` where it says nothing. API keys that the person made stay. The name stays for a month, for lists and
    the audit log, and is erased then, or with `erase` at once; the address is free at once, and belongs to nobody until
    somebody signs up with it.
    """
    if not actor.may_everything and not _is(actor, user):
        raise NotAllowed(actor, "user.delete", user, "people delete their own accounts only")
    check(None, comment)
    with transaction.atomic():
        for membership in _memberships(user):
            _leave(membership.organization, user, heirs or {}, actor, comment)
        user = locked(user)
        _forget_deleted_organizations(user)
        _forget_address(user, actor, comment)
        before = {"name": str(user), "deleted_at": None}
        _end_ways_in(user, actor, comment)
        hide(user, actor=actor, comment=comment)
        if erase:
            purging.begin(user)
        audit.record(actor, "user.deleted", user, before, None, comment=comment)
        outbox.put("user.deleted", None, {"user": user.id})


def erase_account(user: User, *, actor: Actor, comment: str = "") -> None:
    """Begin at once to erase the name of whoever deleted their account. For whoever runs the server, whom people ask for it."""
    if not actor.may_everything:
        raise NotAllowed(actor, "user.erase", user, "only whoever runs the server does that")
    check(None, comment)
    with transaction.atomic():
        if purging.begin(user) is None:
            raise Conflict(f"The account {user.pk} is not deleted, or its erasure has begun already.")
        audit.record(actor, "user.erasure_begun", user, comment=comment)


def _is(actor: Actor, user: User) -> bool:
    return (actor.kind, actor.id) == ("user", user.id)


def _memberships(user: User) -> list[Membership]:
    """In the order of their ids, so that two who leave the same organizations wait for each other and no longer."""
    rows = Membership.objects.filter(user=user).select_related("organization")
    return list(rows.order_by("organization_id"))


def _leave(
    organization: Organization, user: User, heirs: Mapping[str, User | None], actor: Actor, comment: str
) -> None:
    organization = locked(organization)
    if not is_last_owner(organization, user):
        remove_member(organization, user=user, actor=actor, comment=comment)
    elif organization.id not in heirs:
        raise Conflict(f"{user} is the last owner of {organization}: say who owns it from now on, or delete it too.")
    elif (heir := heirs[organization.id]) is not None:
        hand_over(organization, to=heir, leave=True, actor=actor, comment=comment)
    else:
        end_membership(organization, user, actor=actor, comment=comment)
        delete_organization(organization, actor=actor, comment=comment)


def _forget_deleted_organizations(user: User) -> None:
    """Those that were deleted before: they must not come back with somebody who is gone."""
    MembershipQuerySet(Membership).filter(user=user).delete()
    withdraw_all(user)


def _forget_address(user: User, actor: Actor, comment: str) -> None:
    """What others sent to it and nobody accepted is for whoever has the address next: for nobody that they mean."""
    pending = Invitation.objects.filter(email=user.email, accepted_at__isnull=True).order_by("organization_id")
    with realm.everything():
        for invitation in pending.select_related("organization", "project", "environment", "custom_role"):
            take_back(invitation, actor=actor, comment=comment)
    for model in (EmailAddress, SocialAccount):
        model.objects.filter(user=user).delete()


def _end_ways_in(user: User, actor: Actor, comment: str) -> None:
    """A password that nobody has ends every session; the address makes room for whoever signs up with it."""
    Authenticator.objects.filter(user=user).delete()
    outgoing_mail.forget_all(user)
    devices.forget_all(user)
    for session in UserSession.objects.filter(user=user):
        session.end()
    wanted = {
        "password": make_password(None),
        "email": f"{user.id.lower()}@{DELETED_PEOPLE}",
        "name": user.name or NAMELESS,
        "is_active": False,
        "is_staff": False,
        "is_superuser": False,
    }
    alter(user, wanted, actor=actor, comment=comment)
