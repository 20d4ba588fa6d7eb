"""Who belongs to an organization, and with which role where."""

from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import check, insert, locked, remove
from tenants.limits import refuse_one_more
from tenants.models import Environment, Membership, Organization, Project, User
from tenants.permissions import grant, require, roles_on, roles_on_each, withdraw
from tenants.problems import Conflict, Fault
from tenants.roles import AnyRole, Role
from tenants.selectors import is_last_owner
from tenants.services.giving import Place, lock, require_to_give, require_to_take, role_faults, still_there
from tenants.services.teams import leave_teams, require_to_take_from_teams
from tenants.services.withdrawing import take_back_all_of


def add_member(
    organization: Organization,
    *,
    user: User,
    role: AnyRole,
    scope: Project | Environment | None = None,
    actor: Actor,
    comment: str = "",
) -> Membership:
    """Let somebody in, with a role on the whole organization or, with a scope, on that part alone."""
    place: Place = scope or organization
    require_to_give(actor, role, place)
    check(None, comment, faults=[*role_faults(role, place), *_scope_faults(organization, place)])
    return let_in(user, role, place, actor=actor, comment=comment)


def let_in(user: User, role: AnyRole, place: Place, *, actor: Actor, comment: str) -> Membership:
    """Make somebody a member, once it is clear that they may come."""
    with transaction.atomic():
        organization = lock(place)
        role = still_there(role)
        if Membership.objects.filter(organization=organization, user=user).exists():
            raise Conflict(f"{user} is a member of {organization} already.")
        refuse_one_more(organization, "members")
        membership = Membership(organization=organization, user=user)
        insert(membership, actor=actor, comment=comment, taken=f"{user} is a member of {organization} already.")
        grant(user, role, place)
        after = {"user": user.id, "role": role.label}
        audit.record(actor, "member.added", place, None, after, comment=comment)
        outbox.put("member.added", organization, {"user": user.id})
    return membership


def set_role(place: Place, *, user: User, role: AnyRole, actor: Actor, comment: str = "") -> None:
    """Make this the one role of a member on the organization, a project or an environment."""
    require_to_give(actor, role, place)
    check(None, comment, faults=role_faults(role, place))
    with transaction.atomic():
        get_membership(lock(place), user)
        role = still_there(role)
        held = roles_on(place).get(user.id)
        if held == role:
            return
        _require_to_take(actor, held, user, place)
        grant(user, role, place)
        _tell(actor, "member.role_set", place, user, held, role, comment)


def withdraw_role(place: Place, *, user: User, actor: Actor, comment: str = "") -> None:
    """Take away what a member holds on this place itself; roles from around it, from within, and those of teams stay."""
    require(actor, "member.edit", place)
    check(None, comment)
    with transaction.atomic():
        lock(place)
        held = roles_on(place).get(user.id)
        if held is None:
            return
        _require_to_take(actor, held, user, place)
        withdraw(user, place)
        _tell(actor, "member.role_withdrawn", place, user, held, None, comment)


def remove_member(organization: Organization, *, user: User, actor: Actor, comment: str = "") -> None:
    """End a membership, with every role and team in the organization, and the invitations that this person made and
    nobody accepted.

    Everybody may leave, but the last owner.
    """
    is_leaving = _is(actor, user)
    if not is_leaving:
        require(actor, "member.edit", organization)
    check(None, comment)
    with transaction.atomic():
        organization = locked(organization)
        get_membership(organization, user)
        held = roles_on_each(places := _places_of(organization))
        for place in places:
            _require_to_take(actor, held.get(place.pk, {}).get(user.id), user, place)
        if not is_leaving:
            require_to_take_from_teams(actor, user, organization)
        end_membership(organization, user, actor=actor, comment=comment)


def end_membership(organization: Organization, user: User, *, actor: Actor, comment: str) -> None:
    """Once it is clear that they may go; the caller has the lock on the organization."""
    held = roles_on(organization).get(user.id)
    withdraw(user, *_places_of(organization))
    leave_teams(user, organization, actor=actor, comment=comment)
    take_back_all_of(user, organization, actor=actor, comment=comment)
    remove(get_membership(organization, user), actor=actor, comment=comment)
    _tell(actor, "member.removed", organization, user, held, None, comment)


def get_membership(organization: Organization, user: User) -> Membership:
    membership: Membership | None = Membership.objects.filter(organization=organization, user=user).first()
    if membership is None:
        raise Conflict(f"{user} is no member of {organization}.")
    return membership


def _is(actor: Actor, user: User) -> bool:
    return (actor.kind, actor.id) == ("user", user.id)


def _require_to_take(actor: Actor, held: AnyRole | None, user: User, place: Place) -> None:
    """Nobody lowers who stands above them, and an organization keeps an owner."""
    if held is not None and not _is(actor, user):
        require_to_take(actor, held, place)
    if held == Role.OWNER and isinstance(place, Organization) and is_last_owner(place, user):
        raise Conflict(f"{user} is the last owner of {place}: make somebody else an owner first.")


def _places_of(organization: Organization) -> list[Place]:
    """Deleted ones too: a role must not come back with what it was granted on."""
    return [
        organization,
        *Project.with_deleted.filter(organization=organization),
        *Environment.with_deleted.filter(organization=organization),
    ]


def _scope_faults(organization: Organization, place: Place) -> list[Fault]:
    if dict(place.scopes).get("organization") == organization.id:
        return []
    return [Fault("scope", f"It must be a project or an environment of {organization}.")]


def _tell(
    actor: Actor, verb: str, place: Place, user: User, before: AnyRole | None, after: AnyRole | None, comment: str
) -> None:
    def facts(role: AnyRole | None) -> dict[str, str | None]:
        return {"user": user.id, "role": role.label if role else None}

    audit.record(actor, verb, place, facts(before), facts(after), comment=comment)
    organization = place if isinstance(place, Organization) else place.organization
    outbox.put(verb, organization, {"user": user.id})
