"""Who may do what: roles granted on organizations, projects and environments. The only importer of django-guardian."""

from typing import Any, Protocol

from django.core.exceptions import PermissionDenied
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

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

    def __init__(self, actor: Actor, verb: str, thing: object) -> None:
        self.verb = verb
        needed = LOWEST_ROLE[verb].label
        super().__init__(f'{actor.name} may not do "{verb}" on {thing}: it takes the role {needed} there.')


def grants_of(user: Any) -> Grants:
    """Every role of a user, by scope: one query."""
    grants: dict[Scope, Role] = {}
    rows = UserObjectPermission.objects.filter(user=user, permission__codename__in=ROLE_OF).values_list(
        "content_type__model", "object_pk", "permission__codename"
    )
    for model, pk, codename in rows:
        scope: Scope = (model, pk)
        grants[scope] = max(ROLE_OF[codename], grants.get(scope, Role.VIEWER))
    return grants


def actor_of(user: Any, *, request_id: str = "", ip: str | None = None) -> Actor:
    """The actor behind a signed-in user; an inactive or deleted one is nobody."""
    if not user.is_authenticated or not user.is_active or user.deleted_at is not None:
        return Actor.anonymous()
    return Actor(
        "user",
        user.id,
        str(user),
        grants=grants_of(user),
        user=user,
        may_everything=user.is_superuser,
        request_id=request_id,
        ip=ip,
    )


def grant(user: Any, role: Role, thing: Any) -> None:
    """Make this the one role of the user on an organization, project or environment."""
    withdraw(user, thing)
    assign_perm(PERMISSION_OF[role], user, thing)


def withdraw(user: Any, thing: Any) -> None:
    for permission in ROLE_OF:
        remove_perm(permission, user, thing)


def users_with(role: Role, thing: Any) -> list[str]:
    """The ids of the users who hold exactly this role on the thing itself."""
    return list(
        UserObjectPermission.objects.filter(
            object_pk=thing.pk, content_type__model=thing._meta.model_name, permission__codename=PERMISSION_OF[role]
        ).values_list("user_id", flat=True)
    )


def allowed(actor: Actor, verb: str, thing: Scoped) -> bool:
    if actor.may_everything:
        return True
    roles = [actor.grants.get(scope) for scope in thing.scopes]
    if verb in GUARDED_BY_PROTECTION and _is_protected(thing) and not _has_own_grant(thing, roles):
        roles = [role for role in roles if role is not None and role >= Role.ADMIN]
    return any(role is not None and role >= LOWEST_ROLE[verb] for role in roles)


def _is_protected(thing: Any) -> bool:
    environment = getattr(thing, "environment", thing)
    return bool(getattr(environment, "is_protected", False))


def _has_own_grant(thing: Scoped, roles: list[Role | None]) -> bool:
    """Whether the first role was granted on the environment itself, not on what surrounds it."""
    return thing.scopes[0][0] == "environment" and roles[0] is not None


def require(actor: Actor, verb: str, thing: Scoped) -> None:
    """Raises `NotAllowed` unless the actor may do this to the thing."""
    if not allowed(actor, verb, thing):
        raise NotAllowed(actor, verb, thing)
