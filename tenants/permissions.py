"""Who may do what: roles granted on organizations, projects and environments. The only importer of django-guardian."""

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from django.core.exceptions import PermissionDenied
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm

from tenants.actors import Actor, Grants, Scope
from tenants.roles import GUARDED_BY_PROTECTION, LOWEST_ROLE, Role

PERMISSION_OF = {role: f"role_{role.name.lower()}" for role in Role}
ROLE_OF = {permission: role for role, permission in PERMISSION_OF.items()}


class Scoped(Protocol):
    """A thing that lies in scopes, the narrowest first."""

    @property
    def scopes(self) -> tuple[Scope, ...]: ...


class NotAllowed(PermissionDenied):
    """The actor sees the thing but lacks the role for the verb."""

    def __init__(self, actor: Actor, verb: str, thing: object, because: str = "") -> None:
        self.verb = verb
        super().__init__(f'{actor.name} may not do "{verb}" on {thing}: {because or _what_it_takes(verb, thing)}.')


def _what_it_takes(verb: str, thing: object) -> str:
    lowest = LOWEST_ROLE[verb]
    if verb in GUARDED_BY_PROTECTION and lowest < Role.ADMIN and _is_protected(thing):
        environment = getattr(thing, "environment", thing)
        return f"{environment} is protected, so it takes the role admin, or {lowest.label} on {environment} itself"
    return f"it takes the role {lowest.label} there"


def grants_of(user: Any) -> Grants:
    """Every role of a user, by scope: one query."""
    return _grants_by_user([user.pk])[user.pk]


def _grants_by_user(user_ids: Collection[str]) -> dict[str, dict[Scope, Role]]:
    found: dict[str, dict[Scope, Role]] = {user_id: {} for user_id in user_ids}
    rows = UserObjectPermission.objects.filter(user__in=user_ids, permission__codename__in=ROLE_OF).values_list(
        "user_id", "content_type__model", "object_pk", "permission__codename"
    )
    for user_id, model, pk, codename in rows:
        scope: Scope = (model, pk)
        grants = found[user_id]
        grants[scope] = max(ROLE_OF[codename], grants.get(scope, Role.VIEWER))
    return found


def actor_of(user: Any, *, request_id: str = "", ip: str | None = None) -> Actor:
    """The actor behind a signed-in user; an inactive or deleted one is nobody."""
    if not user.is_authenticated or not user.is_active or user.deleted_at is not None:
        return Actor.anonymous()
    return _actor(user, grants_of(user), request_id=request_id, ip=ip)


def actors_of(users: Iterable[Any]) -> dict[str, Actor]:
    """The actors behind active users, by user id, with one query for the grants of all."""
    known = {user.pk: user for user in users}
    return {user_id: _actor(known[user_id], grants) for user_id, grants in _grants_by_user(known).items()}


def _actor(user: Any, grants: Grants, *, request_id: str = "", ip: str | None = None) -> Actor:
    return Actor(
        "user",
        user.id,
        str(user),
        grants=grants,
        user=user,
        may_everything=user.is_superuser,
        request_id=request_id,
        ip=ip,
    )


def grant(user: Any, role: Role, thing: Any) -> None:
    """Make this the one role of the user on an organization, project or environment."""
    withdraw(user, thing)
    assign_perm(PERMISSION_OF[role], user, thing)


def withdraw(user: Any, *things: Any) -> None:
    """Take away whatever roles the user holds on these things themselves."""
    ids = [thing.pk for thing in things]  # ULIDs: no two things share one, whatever their kind
    UserObjectPermission.objects.filter(user=user, object_pk__in=ids, permission__codename__in=ROLE_OF).delete()


def roles_on(thing: Any) -> dict[str, Role]:
    """Who holds which role on the thing itself: user id → role, in one query."""
    return roles_on_each([thing]).get(thing.pk, {})


def roles_on_each(things: Iterable[Any]) -> dict[str, dict[str, Role]]:
    """The same for several things, by their ids, in one query still; a thing on which nobody holds a role is not there."""
    ids = [thing.pk for thing in things]  # ULIDs: no two things share one, whatever their kind
    rows = UserObjectPermission.objects.filter(object_pk__in=ids, permission__codename__in=ROLE_OF)
    found: dict[str, dict[str, Role]] = {}
    for thing_id, user_id, codename in rows.values_list("object_pk", "user_id", "permission__codename"):
        roles = found.setdefault(thing_id, {})
        roles[user_id] = max(ROLE_OF[codename], roles.get(user_id, Role.VIEWER))
    return found


def users_with(role: Role, thing: Any) -> list[str]:
    """The ids of the users who hold exactly this role on the thing itself."""
    return [user_id for user_id, held in roles_on(thing).items() if held == role]


def role_of(actor: Actor, thing: Scoped) -> Role | None:
    """The highest role that the actor holds on the thing or on what surrounds it; None: none at all."""
    return max((actor.grants[scope] for scope in thing.scopes if scope in actor.grants), default=None)


def allowed(actor: Actor, verb: str, thing: Scoped) -> bool:
    if actor.may_everything:
        return True
    roles = [
        role
        for scope, role in ((scope, actor.grants.get(scope)) for scope in thing.scopes)
        if role is not None and _counts(role, scope, verb, thing)
    ]
    return any(role >= LOWEST_ROLE[verb] for role in roles)


def _counts(role: Role, scope: Scope, verb: str, thing: Any) -> bool:
    """In a protected environment only admins change what is served, and whoever was given a role on it by name."""
    if verb not in GUARDED_BY_PROTECTION or not _is_protected(thing):
        return True
    return role >= Role.ADMIN or scope[0] == "environment"


def _is_protected(thing: Any) -> bool:
    environment = getattr(thing, "environment", thing)
    return bool(getattr(environment, "is_protected", False))


def require(actor: Actor, verb: str, thing: Scoped) -> None:
    """Raises `NotAllowed` unless the actor may do this to the thing."""
    if not allowed(actor, verb, thing):
        raise NotAllowed(actor, verb, thing)


def require_own_role(actor: Actor, verb: str, role: Role, thing: Scoped) -> None:
    """Raises `NotAllowed` when the role is above the actor's own there: nobody gives or takes what they do not have."""
    own = role_of(actor, thing)
    if not actor.may_everything and (own is None or role > own):
        held = f"only {own.label}" if own is not None else "nothing"
        raise NotAllowed(actor, verb, thing, f"the role {role.label} is above their own there, {held}")
