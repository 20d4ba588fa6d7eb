"""Who may do what: roles granted on organizations, projects and environments. The only importer of django-guardian."""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, Protocol

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm

from tenants import mfa_policy
from tenants.actors import Actor, Grants, Scope
from tenants.models import CustomRole, Environment, Organization, Project, Team, User
from tenants.roles import GUARDED_BY_PROTECTION, LOWEST_ROLE, THROUGH_PROTECTION, AnyRole, Role

ROLE_OF: dict[str, AnyRole] = {role.codename: role for role in Role}
IS_A_ROLE = {"permission__codename__startswith": "role_"}
MOST_TOLD = 4
# Stands for an id in a statement that is kept.
SOMEBODY = "--SOMEBODY--"

Holder = User | Team


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
    """Every role of a user, their own and those of their teams, by scope: one query, and one more for custom roles.

    None where a second factor is asked for that they lack.
    """
    return _grants_by_user([user.pk])[user.pk]


def _grants_by_user(user_ids: Collection[str]) -> dict[str, Grants]:
    rows = _rows_of_one(*user_ids) if len(user_ids) == 1 else list(_rows_of(user_ids))
    roles = _roles_of({codename for *_, codename, _ in rows})
    found: dict[str, dict[Scope, tuple[AnyRole, ...]]] = {user_id: {} for user_id in user_ids}
    for user_id, model, pk, codename, _ in rows:
        if codename in roles:
            grants = found[user_id]
            grants[model, pk] = (*grants.get((model, pk), ()), roles[codename])
    lacking = {user_id for user_id, *_, lacks in rows if lacks}
    return {**found, **{user_id: mfa_policy.without_closed(found[user_id], user_id) for user_id in lacking}}


def _rows_of_one(user_id: str) -> list[Any]:
    """Every request asks this, and Django would take longer to say it anew than the database to answer."""
    statement, values = _said_of_one()
    with connection.cursor() as cursor:
        cursor.execute(statement, [user_id if value == SOMEBODY else value for value in values])
        return list(cursor.fetchall())


@cache
def _said_of_one() -> tuple[str, tuple[Any, ...]]:
    said: tuple[str, tuple[Any, ...]] = _rows_of([SOMEBODY]).query.sql_with_params()
    return said


def _rows_of(user_ids: Collection[str]) -> Any:
    own = UserObjectPermission.objects.filter(user__in=user_ids, **IS_A_ROLE)
    of_teams = GroupObjectPermission.objects.filter(group__user__in=user_ids, **IS_A_ROLE)
    return _held_by(own, "user_id").union(_held_by(of_teams, "group__user"))


def _held_by(permissions: Any, person: str) -> Any:
    """Person, kind and id of the place, codename, and whether the person lacks a second factor that is asked for."""
    where = ("content_type__model", "object_pk", "permission__codename")
    return permissions.annotate(lacks=mfa_policy.lacking(person)).values_list(person, *where, "lacks")


def _roles_of(codenames: Collection[str]) -> dict[str, AnyRole]:
    """By the names of their permissions; those of a deleted organization are not there."""
    own = [codename.removeprefix("role_") for codename in codenames if codename not in ROLE_OF]
    custom: Iterable[CustomRole] = CustomRole.objects.filter(pk__in=own) if own else ()
    return ROLE_OF | {role.codename: role for role in custom}


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
        may_everything=user.is_superuser and not mfa_policy.closes_everything_to(user),
        request_id=request_id,
        ip=ip,
    )


def make_grantable(role: CustomRole) -> None:
    """Give a new role the permissions that it is, one for each kind of place."""
    Permission.objects.bulk_create(
        Permission(codename=role.codename, name=f"Has the role {role.id} here", content_type=content_type)
        for content_type in ContentType.objects.get_for_models(Organization, Project, Environment).values()
    )


def end_grants(role: CustomRole) -> None:
    """Take the role away from everybody, everywhere, for good."""
    Permission.objects.filter(codename=role.codename).delete()


def grant(holder: Holder, role: AnyRole, thing: Any) -> None:
    """Make this the one role of the person or team on an organization, project or environment."""
    withdraw(holder, thing)
    assign_perm(role.codename, holder.group if isinstance(holder, Team) else holder, thing)


def withdraw(holder: Holder, *things: Any) -> None:
    """Take away whatever roles the person or team holds on these things themselves."""
    ids = [thing.pk for thing in things]  # ULIDs: no two things share one, whatever their kind
    held = {"object_pk__in": ids, **IS_A_ROLE}
    if isinstance(holder, Team):
        GroupObjectPermission.objects.filter(group=holder.group_id, **held).delete()
    else:
        UserObjectPermission.objects.filter(user=holder, **held).delete()


def withdraw_all(user: User) -> None:
    """Take away every role and every team of a person, everywhere."""
    UserObjectPermission.objects.filter(user=user, **IS_A_ROLE).delete()
    user.groups.clear()


def forget_grants_on(places: Iterable[Any], most: int) -> int:
    """Take away at most so many of the roles that anybody holds on places of these queries; how many they were."""
    on = Q()
    for rows in places:
        on |= Q(object_pk__in=rows.values("pk"))
    count = 0
    for permissions in (UserObjectPermission, GroupObjectPermission):
        ids = list(permissions.objects.filter(on).values_list("pk", flat=True)[: most - count])
        permissions.objects.filter(pk__in=ids).delete()
        count += len(ids)
    return count


def forget_permissions_of(role_ids: Iterable[str]) -> None:
    """Those that roles of these ids were, and every grant of them."""
    Permission.objects.filter(codename__in=[f"role_{role_id}" for role_id in role_ids]).delete()


def forget_groups(group_ids: Iterable[int]) -> None:
    """Those that teams had, and every grant to them."""
    Group.objects.filter(pk__in=list(group_ids)).delete()


def roles_on(thing: Any) -> dict[str, AnyRole]:
    """Who holds which role on the thing itself by name: user id → role."""
    return roles_on_each([thing]).get(thing.pk, {})


def roles_on_each(things: Iterable[Any]) -> dict[str, dict[str, AnyRole]]:
    """The same for several things, by their ids, in as few queries; a thing on which nobody holds a role is not there."""
    return _held_on(things, UserObjectPermission, "user_id")


def team_roles_on_each(things: Iterable[Any]) -> dict[str, dict[int, AnyRole]]:
    """Which team holds which role on the things themselves: thing id → group id → role."""
    return _held_on(things, GroupObjectPermission, "group_id")


def _held_on(things: Iterable[Any], permissions: Any, holder: str) -> dict[str, dict[Any, AnyRole]]:
    rows = permissions.objects.filter(object_pk__in=[thing.pk for thing in things], **IS_A_ROLE)
    held = list(rows.values_list("object_pk", holder, "permission__codename"))
    roles = _roles_of({codename for *_, codename in held})
    found: dict[str, dict[Any, AnyRole]] = {}
    for thing_id, holder_id, codename in held:
        if codename in roles:
            found.setdefault(thing_id, {})[holder_id] = roles[codename]
    return found


def roles_of_team(team: Team) -> dict[Scope, AnyRole]:
    """What a team holds, by scope."""
    rows = GroupObjectPermission.objects.filter(group=team.group_id, **IS_A_ROLE)
    held = list(rows.values_list("content_type__model", "object_pk", "permission__codename"))
    roles = _roles_of({codename for *_, codename in held})
    return {(model, pk): roles[codename] for model, pk, codename in held if codename in roles}


def holders_of(role: CustomRole) -> list[tuple[str | int, Scope]]:
    """Who holds the role where: a person by their id, or a team by that of its group."""
    where = ("content_type__model", "object_pk")
    people = UserObjectPermission.objects.filter(permission__codename=role.codename)
    teams = GroupObjectPermission.objects.filter(permission__codename=role.codename)
    held = [*people.values_list("user_id", *where), *teams.values_list("group_id", *where)]
    return [(holder_id, (model, pk)) for holder_id, model, pk in held]


def users_with(role: Role, thing: Any) -> list[str]:
    """The ids of the users who hold exactly this role on the thing itself."""
    return [user_id for user_id, held in roles_on(thing).items() if held == role]


def titles_on(actor: Actor, thing: Scoped) -> list[str]:
    """The names of the roles by which the actor may something there: the highest of the four, and custom ones."""
    roles = [role for scope in thing.scopes for role in actor.grants.get(scope, ())]
    highest = max((role for role in roles if isinstance(role, Role)), default=None)
    custom = dict.fromkeys(role.label for role in roles if not isinstance(role, Role))
    return [*([highest.label] if highest is not None else []), *custom]


def allowed(actor: Actor, verb: str, thing: Scoped) -> bool:
    if actor.may_everything:
        return True
    LOWEST_ROLE[verb]  # no verb that is not in the table
    carrying = [scope for scope in thing.scopes if actor.carries(verb, scope)]
    if verb in GUARDED_BY_PROTECTION and _is_protected(thing):
        return bool(carrying) and _goes_through_protection(actor, thing, carrying)
    return bool(carrying)


def _goes_through_protection(actor: Actor, thing: Scoped, carrying: Iterable[Scope]) -> bool:
    """In a protected environment a role given on it by name counts; others only beside the verb that is for that."""
    is_named = any(kind == "environment" for kind, _ in carrying)
    return is_named or any(actor.carries(THROUGH_PROTECTION, scope) for scope in thing.scopes)


def _is_protected(thing: Any) -> bool:
    environment = getattr(thing, "environment", thing)
    return bool(getattr(environment, "is_protected", False))


def require(actor: Actor, verb: str, thing: Scoped) -> None:
    """Raises `NotAllowed` unless the actor may do this to the thing."""
    if not allowed(actor, verb, thing):
        raise NotAllowed(actor, verb, thing)


def may_give(actor: Actor, role: AnyRole, thing: Scoped) -> bool:
    """Whether the actor could do all that the role may there; whether they may give anything is another question."""
    return all(allowed(actor, verb, thing) for verb in role.verbs)


def require_own_role(actor: Actor, verb: str, role: AnyRole, thing: Scoped) -> None:
    """Raises `NotAllowed` when the role may what the actor may not there: nobody gives or takes what they do not have."""
    missing = [] if actor.may_everything else [one for one in role.verbs if not allowed(actor, one, thing)]
    if missing:
        held = " and ".join(titles_on(actor, thing))
        told = ", ".join(sorted(missing)[:MOST_TOLD]) + ("…" if len(missing) > MOST_TOLD else "")
        because = f"the role {role.label} is above their own there, {f'only {held}' if held else 'nothing'}"
        raise NotAllowed(actor, verb, thing, f"{because}: it may also {told}")
