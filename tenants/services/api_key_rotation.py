"""Rotation: a new key takes the place of an old one, which works on for a while beside it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from tenants import audit
from tenants.actors import Actor
from tenants.changes import alter, check, insert, locked
from tenants.keys import mint
from tenants.models import ApiKey
from tenants.moments import later
from tenants.permissions import require_own_role
from tenants.problems import Conflict, Fault
from tenants.services.api_key_records import facts_of, require_in_scope, tell

LONGEST_OVERLAP = timedelta(days=90)


def rotate_api_key(api_key: ApiKey, *, overlap: timedelta, actor: Actor, comment: str = "") -> tuple[ApiKey, str]:
    """A successor that may exactly what the key may, and its secret, which can be read here and never again.

    The old key ends when the overlap is over, or when it would have ended anyway; without any overlap it ends now, streams
    included. Where it had an end, its successor lives as long as it was made for.
    """
    require_in_scope(actor, "api_key.rotate", api_key)
    if api_key.granted_role is not None:
        require_own_role(actor, "api_key.rotate", api_key.granted_role, api_key)
    check(None, comment, faults=_overlap_faults(overlap))
    with transaction.atomic():
        now = timezone.now()
        if scope := api_key.environment or api_key.project or api_key.organization:
            locked(scope)
        old = locked(api_key)
        _refuse_unfit(old, now)
        before = facts_of(old)
        successor, secret = _successor_of(old, actor, now)
        insert(successor, actor=actor, comment=comment, taken="This key exists already.")
        alter(old, {"expires_at": min(now + overlap, old.expires_at or now + overlap)}, actor=actor, comment=comment)
        audit.record(actor, "api_key.created", successor, None, facts_of(successor), comment=comment)
        after = facts_of(old) | {"replaced_by": successor.prefix}
        audit.record(actor, "api_key.rotated", old, before, after, comment=comment)
        tell("api_key.rotated", old)
    return successor, secret


def _successor_of(old: ApiKey, actor: Actor, now: datetime) -> tuple[ApiKey, str]:
    minted = mint(old.kind)
    successor = ApiKey(
        organization_id=old.organization_id,
        project_id=old.project_id,
        environment_id=old.environment_id,
        kind=old.kind,
        role=old.role,
        custom_role=old.custom_role,
        name=old.name,
        prefix=minted.prefix,
        sha256=minted.sha256,
        readable=minted.secret if old.kind == ApiKey.Kind.CLIENT else "",
        origins=old.origins,
        limits=old.limits,
        expires_at=later(now, old.expires_at - old.created_at) if old.expires_at else None,
        created_by=actor.user,
        replaces=old,
    )
    return successor, minted.secret


def _overlap_faults(overlap: timedelta) -> Iterable[Fault]:
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        yield Fault("overlap", f"From nothing to {LONGEST_OVERLAP.days} days.")


def _refuse_unfit(old: ApiKey, now: datetime) -> None:
    if old.revoked_at is not None:
        raise Conflict("This key was revoked: make a new one.")
    if old.expires_at is not None and old.expires_at <= now:
        raise Conflict("This key has expired: make a new one.")
    successor = ApiKey.objects.usable().filter(replaces=old).first()
    if successor is not None:
        raise Conflict(f"This key has a successor already: {successor.prefix}… Rotate that one, or revoke it first.")
