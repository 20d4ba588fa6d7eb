"""The one writer of audit events: append-only, hash-chained per organization."""

import hashlib
import ipaddress
import json
import secrets
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from tenants import realm
from tenants.actors import Actor
from tenants.models import INSTANCE_CHAIN, AuditEvent, AuditHead
from tenants.models.base import new_id

FIRST_HASH = "0" * 64


def record(
    actor: Actor, verb: str, thing: Any, before: Any = None, after: Any = None, *, comment: str = ""
) -> AuditEvent:
    """Append what the actor did. Must be the last statement but the outbox in a service's transaction.

    The chain's head row is the last lock that a service takes, so that no two services can wait for each other.
    """
    organization_id = dict(thing.scopes).get("organization")
    event = AuditEvent(
        id=new_id(),
        organization_id=organization_id,
        chain=organization_id or INSTANCE_CHAIN,
        at=timezone.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        verb=verb,
        object_type=thing._meta.model_name,
        object_id=str(thing.pk),
        object_name=str(thing)[:254],
        project_id=dict(thing.scopes).get("project", ""),
        environment_id=dict(thing.scopes).get("environment", ""),
        before=_stable(before),
        after=_stable(after),
        comment=comment,
        request_id=actor.request_id,
        ip=actor.ip,
        nonce=secrets.token_hex(16),
    )
    event.payload_hash = payload_hash_of(event)
    with realm.within(realm.to_write(organization_id)):
        _append(event)
    return event


def _append(event: AuditEvent) -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("audit.record belongs into the transaction of the change that it tells of")
    AuditHead.objects.get_or_create(chain=event.chain)
    head = AuditHead.objects.select_for_update().get(chain=event.chain)
    event.position = head.position + 1
    event.previous_hash = head.hash
    event.hash = hash_of(event)
    event.save(force_insert=True)
    AuditHead.objects.filter(chain=event.chain).update(position=event.position, hash=event.hash)


def payload_hash_of(event: AuditEvent) -> str:
    """sha256(nonce‖payload), where the payload is all that may be about a person and may have to be erased."""
    ip = ipaddress.ip_address(event.ip).packed.hex() if event.ip else ""
    payload = [event.actor_name, event.object_name, event.before, event.after, event.comment, event.request_id, ip]
    return hashlib.sha256((event.nonce + _text(payload)).encode()).hexdigest()


def hash_of(event: AuditEvent) -> str:
    """SHA-256 over the event's canonical text, which holds its payload as a hash only.

    So a payload can be erased, its nonce with it, and the chain still verifies.
    """
    line = [
        event.previous_hash,
        event.chain,
        event.position,
        event.id,
        event.at.isoformat(),
        event.actor_kind,
        event.actor_id,
        event.verb,
        event.object_type,
        event.object_id,
        event.project_id,
        event.environment_id,
        event.payload_hash,
    ]
    return hashlib.sha256(_text(line).encode()).hexdigest()


def _stable(value: Any) -> Any:
    """The value as any database gives it back: jsonb turns 1e16 into an integer, so integral floats are integers here."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _stable(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_stable(member) for member in value]
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def first_broken_link(chain: str) -> AuditEvent | None:
    """The first event of a chain that does not follow from the one before it; None when all do, up to the head."""
    previous, event = FIRST_HASH, None
    events: Iterator[AuditEvent] = AuditEvent.with_deleted.filter(chain=chain).order_by("position").iterator()
    for position, event in enumerate(events, start=1):
        if (event.previous_hash, event.position, event.hash) != (previous, position, hash_of(event)):
            return event
        if not _payload_is_whole(event):
            return event
        previous = event.hash
    head = AuditHead.objects.filter(chain=chain).first()
    return event if head is not None and head.hash != previous else None


def _payload_is_whole(event: AuditEvent) -> bool:
    if not event.nonce:
        return not any([event.before, event.after, event.comment, event.object_name, event.actor_name])
    return event.payload_hash == payload_hash_of(event)
