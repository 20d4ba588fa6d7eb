"""API keys: created (and shown that once), edited and revoked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from tenants import audit
from tenants.actors import Actor
from tenants.changes import alter, check, insert, locked, tidy
from tenants.keys import MintedKey, mint
from tenants.limits import refuse_one_more
from tenants.models import ApiKey, CustomRole, Environment, Organization, Project
from tenants.permissions import require_own_role
from tenants.problems import Conflict, Fault
from tenants.roles import AnyRole, Role
from tenants.services.api_key_bounds import bound_faults
from tenants.services.api_key_records import facts_of, require_in_scope, tell

Scope = Organization | Project | Environment


def create_api_key(
    *,
    kind: str,
    scope: Scope | None,
    name: str,
    role: AnyRole | None = None,
    origins: Sequence[str] = (),
    limits: Mapping[str, int] | None = None,
    expires_at: datetime | None = None,
    minted: MintedKey | None = None,
    actor: Actor,
    comment: str = "",
) -> tuple[ApiKey, str]:
    """A new key and its secret, which can be read here and never again (a client key's can: it is public by nature).

    A scope of None is the whole instance: relay keys only, and the system or a superuser only. `role` is a token's.
    `limits` are what it may use of each process: `requests_per_second`, `burst`, `streams`, each from 1 on where it is there.
    Nobody makes a token above their own role. `minted` is a key that was made elsewhere, before there was a database.
    """
    minted = minted or mint(kind if kind in ApiKey.Kind.values else ApiKey.Kind.TOKEN)
    api_key = ApiKey(
        **_columns(scope),
        kind=kind,
        role=None if isinstance(role, CustomRole) else role,  # type: ignore[misc]  # what is no role is refused below
        custom_role=role if isinstance(role, CustomRole) else None,
        name=tidy(name),
        prefix=minted.prefix,
        sha256=minted.sha256,
        readable=minted.secret if kind == ApiKey.Kind.CLIENT else "",
        origins=list(origins),
        limits=dict(limits or {}),
        expires_at=expires_at,
        created_by=actor.user,
    )
    _require_to_create(actor, api_key, scope, role)
    check(api_key, comment, faults=_faults(api_key, scope))
    with transaction.atomic():
        if scope is not None:
            _make_room_in(scope)
        if isinstance(role, CustomRole):
            locked(role)
        insert(api_key, actor=actor, comment=comment, taken="This key exists already.")
        audit.record(actor, "api_key.created", api_key, None, facts_of(api_key), comment=comment)
        tell("api_key.created", api_key)
    return api_key, minted.secret


def edit_api_key(
    api_key: ApiKey,
    *,
    name: str | None = None,
    origins: Sequence[str] | None = None,
    limits: Mapping[str, int] | None = None,
    actor: Actor,
    comment: str = "",
) -> ApiKey:
    """Change what bounds a key, everywhere within moments; None leaves as it is, empty origins or limits mean no bound.

    Streams that are open go on under the bounds that they were opened with.
    """
    require_in_scope(actor, "api_key.edit", api_key)
    wanted = {
        "name": tidy(name),
        "origins": None if origins is None else list(origins),
        "limits": None if limits is None else dict(limits),
    }
    with transaction.atomic():
        api_key = locked(api_key)
        if api_key.revoked_at is not None:
            raise Conflict("This key was revoked: nothing that bounds it matters any more.")
        facts = facts_of(api_key)
        before, _ = alter(api_key, wanted, actor=actor, comment=comment, faults=bound_faults)
        if before:
            audit.record(actor, "api_key.edited", api_key, facts, facts_of(api_key), comment=comment)
            tell("api_key.edited", api_key)
    return api_key


def revoke_api_key(api_key: ApiKey, *, actor: Actor, comment: str = "") -> ApiKey:
    """End a key now and for ever, streams included. One that was revoked already is left as it is."""
    require_in_scope(actor, "api_key.revoke", api_key)
    check(None, comment)
    with transaction.atomic():
        api_key = locked(api_key)
        if api_key.revoked_at is None:
            alter(api_key, {"revoked_at": timezone.now()}, actor=actor, comment=comment)
            audit.record(actor, "api_key.revoked", api_key, facts_of(api_key), None, comment=comment)
            tell("api_key.revoked", api_key)
    return api_key


def _make_room_in(scope: Scope) -> None:
    """The organization is locked first, as everywhere; then what the key belongs to, which must not be deleted meanwhile."""
    organization = locked(scope if isinstance(scope, Organization) else scope.organization)
    if scope != organization:
        locked(scope)
    refuse_one_more(organization, "api_keys")


def _columns(scope: Scope | None) -> dict[str, Any]:
    """Every level from the scope outwards, so that a key is found from each of them."""
    return {f"{kind}_id": scope_id for kind, scope_id in (scope.scopes if scope else ())}


def _require_to_create(actor: Actor, api_key: ApiKey, scope: Scope | None, role: AnyRole | None) -> None:
    require_in_scope(actor, "api_key.create", api_key)
    if scope is not None and isinstance(role, Role | CustomRole):
        require_own_role(actor, "api_key.create", role, scope)


def _faults(api_key: ApiKey, scope: Scope | None) -> Iterable[Fault]:
    kind, is_token = api_key.kind, api_key.kind == ApiKey.Kind.TOKEN
    if kind in (ApiKey.Kind.CLIENT, ApiKey.Kind.SERVER) and not isinstance(scope, Environment):
        yield Fault("scope", f"A {kind} key belongs to one environment.")
    if is_token and scope is None:
        yield Fault("scope", "A token belongs to an organization, a project or an environment.")
    has_role = api_key.role is not None or api_key.custom_role is not None
    if is_token and not has_role:
        yield Fault("role", f"A token acts with a role: {', '.join(Role.labels)}, or one that the organization made.")
    if api_key.custom_role is not None and api_key.custom_role.scopes[0] not in api_key.scopes:
        yield Fault("role", "It is a role of another organization.")
    if not is_token and has_role:
        yield Fault("role", f"Only tokens have a role; a {kind} key has none.")
    if api_key.expires_at is not None and not _is_to_come(api_key.expires_at):
        yield Fault("expires_at", "It must lie in the future, and say its offset from UTC.")
    yield from bound_faults(api_key)


def _is_to_come(moment: datetime) -> bool:
    return moment.tzinfo is not None and moment > timezone.now()
