"""An organization's own roles: made, edited, deleted. Nobody puts a verb into one that they do not hold themselves."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, check, insert, locked, remove, tidy
from tenants.models import CustomRole, Environment, Invitation, Organization
from tenants.permissions import end_grants, holders_of, make_grantable, require, require_own_role
from tenants.problems import Fault
from tenants.roles import GIVEABLE, Role, completed
from tenants.services.withdrawing import take_back


def create_role(
    organization: Organization,
    *,
    key: str,
    name: str,
    verbs: Sequence[str],
    description: str = "",
    actor: Actor,
    comment: str = "",
) -> CustomRole:
    """The views that every role has, and that of what a verb changes, are added to the verbs."""
    require(actor, "role.edit", organization)
    role = CustomRole(
        organization=organization,
        key=key,
        name=tidy(name),
        description=tidy(description),
        verbs=completed([verb for verb in verbs if verb in GIVEABLE]),
    )
    check(role, comment, faults=[*_key_faults(key), *_verb_faults(verbs)])
    require_own_role(actor, "role.edit", role, organization)
    with transaction.atomic():
        locked(organization)
        insert(role, actor=actor, comment=comment, taken=f'"{key}" exists already.')
        make_grantable(role)
        audit.record(actor, "role.created", role, None, _facts(role), comment=comment)
        outbox.put("role.created", organization, {"role": role.id})
    return role


def edit_role(
    role: CustomRole,
    *,
    name: str | None = None,
    description: str | None = None,
    verbs: Sequence[str] | None = None,
    actor: Actor,
    comment: str = "",
) -> CustomRole:
    """What is None stays as it is, and the key for ever. Whoever holds the role may at once what it may now."""
    require(actor, "role.edit", role)
    check(None, comment, faults=_verb_faults(verbs or ()))
    new_verbs = None if verbs is None else completed(verbs)
    wanted = {"name": tidy(name), "description": tidy(description), "verbs": new_verbs}
    with transaction.atomic():
        locked(role.organization)
        role = locked(role)
        _require_to_edit(actor, role, new_verbs)
        before, after = alter(role, wanted, actor=actor, comment=comment)
        if after:
            audit.record(actor, "role.edited", role, before, after, comment=comment)
            outbox.put("role.edited", role.organization, {"role": role.id})
    return role


def delete_role(role: CustomRole, *, actor: Actor, comment: str = "") -> None:
    """For good: whoever holds it loses it at once, pending invitations to it are taken back, tokens with it may nothing."""
    require(actor, "role.edit", role)
    check(None, comment)
    with transaction.atomic():
        organization = locked(role.organization)
        role = locked(role)
        require_own_role(actor, "role.edit", role, organization)
        for invitation in Invitation.objects.filter(custom_role=role, accepted_at__isnull=True):
            take_back(invitation, actor=actor, comment=comment)
        facts, role_id = _facts(role), role.id
        end_grants(role)
        remove(role, actor=actor, comment=comment)
        role.id = role_id  # Django forgets it with the row
        audit.record(actor, "role.deleted", role, facts, None, comment=comment)
        outbox.put("role.deleted", organization, {"role": role_id})


def _require_to_edit(actor: Actor, role: CustomRole, verbs: Sequence[str] | None) -> None:
    """Nobody lowers who stands above them, and nobody raises others above themselves, wherever the role is held."""
    require_own_role(actor, "role.edit", role, role.organization)
    if verbs is None:
        return
    wanted = CustomRole(name=role.name, verbs=verbs)
    places: list[Organization | Environment] = [role.organization, *_protected_places_of(role)]
    for place in places:
        require_own_role(actor, "role.edit", wanted, place)


def _protected_places_of(role: CustomRole) -> Iterable[Environment]:
    """Where a verb that the editor holds on the organization may not be theirs."""
    held = [place_id for _, (kind, place_id) in holders_of(role) if kind == "environment"]
    found: Iterable[Environment] = Environment.objects.filter(pk__in=held, is_protected=True)
    return found


def _key_faults(key: str) -> list[Fault]:
    return [Fault("key", f"{key} is one of the four roles that are everywhere.")] if key in Role.labels else []


def _verb_faults(verbs: Sequence[Any]) -> list[Fault]:
    return [
        Fault(f"verbs[{position}]", f"Choose among {', '.join(GIVEABLE)}.")
        for position, verb in enumerate(verbs)
        if verb not in GIVEABLE
    ]


def _facts(role: CustomRole) -> dict[str, Any]:
    return {"key": role.key, "name": role.name, "description": role.description, "verbs": role.verbs}
