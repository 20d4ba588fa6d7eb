"""Who may give and take which role: nobody what they could not do there themselves."""

from typing import TypeVar

from tenants.actors import Actor
from tenants.changes import locked
from tenants.models import CustomRole, Environment, Organization, Project
from tenants.permissions import require, require_own_role
from tenants.problems import Fault
from tenants.roles import AnyRole, Role

Place = Organization | Project | Environment
Given = TypeVar("Given", bound=AnyRole)


def require_to_give(actor: Actor, role: AnyRole, place: Place) -> None:
    """Raises `NotAllowed` unless the actor may make somebody this on the place."""
    require(actor, "owner.edit" if role == Role.OWNER else "member.edit", place)
    require_own_role(actor, "member.edit", role, place)


def require_to_take(actor: Actor, role: AnyRole, place: Place) -> None:
    """Raises `NotAllowed` when whoever holds this there stands above the actor."""
    require_own_role(actor, "owner.edit" if role == Role.OWNER else "member.edit", role, place)


def role_faults(role: AnyRole, place: Place) -> list[Fault]:
    """Unless it is one of the four, or one that the organization around the place made for itself."""
    if isinstance(role, Role) or (isinstance(role, CustomRole) and role.scopes[0] in place.scopes):
        return []
    return [Fault("role", f"Choose one of {', '.join(Role.labels)}, or a role that the organization made for itself.")]


def still_there(role: Given) -> Given:
    """The role as it is now that its organization is locked; `DoesNotExist` when it was deleted meanwhile."""
    return locked(role) if isinstance(role, CustomRole) else role


def lock(place: Place) -> Organization:
    """The organization, locked, so that no two changes of its people meet; `DoesNotExist` when the place is gone."""
    if isinstance(place, Organization):
        return locked(place)
    organization = locked(place.organization)
    locked(place)
    return organization
