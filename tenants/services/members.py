"""Who belongs to an organization, and with which role where."""

from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import check, insert, locked, remove
from tenants.limits import refuse_one_more
from tenants.models import Environment, Membership, Organization, Project, User
from tenants.permissions import grant, require, require_own_role, roles_on, withdraw
from tenants.problems import Conflict, Fault
from tenants.roles import Role
from tenants.services.withdrawing import take_back_all_of

Place = Organization | Project | Environment


def add_member(
    organization: Organization,
    *,
    user: User,
    role: Role,
    scope: Project | Environment | None = None,
    actor: Actor,
    comment: str = "",
) -> Membership:
    """Let somebody in, with a role on the whole organization or, with a scope, on that part alone."""
    place: Place = scope or organization
    require_to_give(actor, role, place)
    check(None, comment, faults=[*_role_faults(role), *_scope_faults(organization, place)])
    return let_in(user, role, place, actor=actor, comment=comment)


def let_in(user: User, role: Role, place: Place, *, actor: Actor, comment: str) -> Membership:
    """Make somebody a member, once it is clear that they may come."""
    with transaction.atomic():
        organization = _lock(place)
        if Membership.objects.filter(organization=organization, user=user).exists():
            raise Conflict(f"{user} is a member of {organization} already.")
        refuse_one_more(organization, "members")
        membership = Membership(organization=organization, user=user)
        insert(membership, actor=actor, comment=comment, taken=f"{user} is a member of {organization} already.")
        grant(user, role, place)
        after = {"user": user.id, "role": Role(role).label}
        audit.record(actor, "member.added", place, None, after, comment=comment)
        outbox.put("member.added", organization, {"user": user.id})
    return membership


def set_role(place: Place, *, user: User, role: Role, actor: Actor, comment: str = "") -> None:
    """Make this the one role of a member on the organization, a project or an environment."""
    require_to_give(actor, role, place)
    check(None, comment, faults=_role_faults(role))
    with transaction.atomic():
        _get_membership(_lock(place), user)
        held = roles_on(place).get(user.id)
        if held == role:
            return
        _require_to_take(actor, held, user, place)
        grant(user, role, place)
        _tell(actor, "member.role_set", place, user, held, Role(role), comment)


def withdraw_role(place: Place, *, user: User, actor: Actor, comment: str = "") -> None:
    """Take away what a member holds on this place itself; roles from around it, or within, stay."""
    require(actor, "member.edit", place)
    check(None, comment)
    with transaction.atomic():
        _lock(place)
        held = roles_on(place).get(user.id)
        if held is None:
            return
        _require_to_take(actor, held, user, place)
        withdraw(user, place)
        _tell(actor, "member.role_withdrawn", place, user, held, None, comment)


def remove_member(organization: Organization, *, user: User, actor: Actor, comment: str = "") -> None:
    """End a membership, with every role in the organization, and the invitations that this person made and nobody accepted.

    Everybody may leave, but the last owner.
    """
    if (actor.kind, actor.id) != ("user", user.id):
        require(actor, "member.edit", organization)
    check(None, comment)
    with transaction.atomic():
        organization = locked(organization)
        membership = _get_membership(organization, user)
        held = roles_on(organization).get(user.id)
        _require_to_take(actor, held, user, organization)
        withdraw(user, organization, *_places_in(organization))
        take_back_all_of(user, organization, actor=actor, comment=comment)
        remove(membership, actor=actor, comment=comment)
        _tell(actor, "member.removed", organization, user, held, None, comment)


def require_to_give(actor: Actor, role: Role, place: Place) -> None:
    """Raises `NotAllowed` unless the actor may make somebody this on the place."""
    require(actor, "owner.edit" if role == Role.OWNER else "member.edit", place)
    require_own_role(actor, "member.edit", role, place)


def _require_to_take(actor: Actor, held: Role | None, user: User, place: Place) -> None:
    """Nobody lowers who stands above them, and an organization keeps an owner."""
    if held is not None and (actor.kind, actor.id) != ("user", user.id):
        require_own_role(actor, "owner.edit" if held == Role.OWNER else "member.edit", held, place)
    if held == Role.OWNER and isinstance(place, Organization) and not _has_another_owner(place, user):
        raise Conflict(f"{user} is the last owner of {place}: make somebody else an owner first.")


def _has_another_owner(organization: Organization, user: User) -> bool:
    owners = [user_id for user_id, role in roles_on(organization).items() if role == Role.OWNER and user_id != user.id]
    return bool(User.objects.filter(pk__in=owners, is_active=True).exists())


def _get_membership(organization: Organization, user: User) -> Membership:
    membership: Membership | None = Membership.objects.filter(organization=organization, user=user).first()
    if membership is None:
        raise Conflict(f"{user} is no member of {organization}.")
    return membership


def _lock(place: Place) -> Organization:
    """The organization, locked, so that no two changes of its people meet; `DoesNotExist` when the place is gone."""
    if isinstance(place, Organization):
        return locked(place)
    organization = locked(place.organization)
    locked(place)
    return organization


def _places_in(organization: Organization) -> list[Project | Environment]:
    """Deleted ones too: a role must not come back with what it was granted on."""
    return [
        *Project.with_deleted.filter(organization=organization),
        *Environment.with_deleted.filter(organization=organization),
    ]


def _role_faults(role: Role) -> list[Fault]:
    if role in Role.values:
        return []
    return [Fault("role", f"Choose one of {', '.join(Role.labels)}.")]


def _scope_faults(organization: Organization, place: Place) -> list[Fault]:
    if dict(place.scopes).get("organization") == organization.id:
        return []
    return [Fault("scope", f"It must be a project or an environment of {organization}.")]


def _tell(
    actor: Actor, verb: str, place: Place, user: User, before: Role | None, after: Role | None, comment: str
) -> None:
    def facts(role: Role | None) -> dict[str, str | None]:
        return {"user": user.id, "role": role.label if role else None}

    audit.record(actor, verb, place, facts(before), facts(after), comment=comment)
    organization = place if isinstance(place, Organization) else place.organization
    outbox.put(verb, organization, {"user": user.id})
