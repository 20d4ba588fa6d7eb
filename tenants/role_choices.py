"""Roles as forms offer them, in the dashboard and in the admin."""

from collections.abc import Iterable

from tenants.models import CustomRole
from tenants.roles import AnyRole, Role

# By what stands for each in a form: the number of one of the four, the id of an organization's own.
Roles = dict[str, AnyRole]


def roles_by_value(custom: Iterable[CustomRole]) -> Roles:
    """The four, and those."""
    roles: list[AnyRole] = [*Role, *custom]
    return {value_of(role): role for role in roles}


def value_of(role: AnyRole | None) -> str:
    """ "" for none."""
    if role is None:
        return ""
    return role.id if isinstance(role, CustomRole) else str(role)


def choices_of(roles: Roles) -> list[tuple[str, str]]:
    return [(value, title_of(role)) for value, role in roles.items()]


def title_of(role: AnyRole) -> str:
    return role.label if isinstance(role, CustomRole) else role.label.capitalize()
