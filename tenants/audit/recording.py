"""The one writer of audit events: append-only, hash-chained per organization."""

import secrets
from typing import Any

from django.db import transaction
from django.utils import timezone

from tenants import realm
from tenants.actors import Actor
from tenants.audit import heads
from tenants.chain.entries import FIRST_HASH, Entry, hash_of, payload_hash_of, person_hash_of
from tenants.chain.walk import HEAD_BROKEN
from tenants.models import INSTANCE_CHAIN, AuditEvent, AuditHead
from tenants.models.base import new_id

# The members of an entry that the table has as they are.
COLUMNS = tuple(name for name in Entry.__slots__ if name != "at")


def record(
    actor: Actor, verb: str, thing: Any, before: Any = None, after: Any = None, *, comment: str = ""
) -> AuditEvent:
    """Append what the actor did. Must be the last statement but the outbox in a service's transaction.

    The chain's head row is the last lock that a service takes, so that no two services can wait for each other.
    """
    event = _event(actor, verb, thing, before, after, comment)
    with realm.within(realm.to_write(event.organization_id)):
        _append(event)
    return event


def entry_of(event: AuditEvent) -> Entry:
    return Entry(at=event.at.isoformat(), **{name: getattr(event, name) for name in COLUMNS})


def locked_head(chain: str) -> AuditHead | None:
    """The end of a chain, held until the transaction ends; None where nothing was written yet."""
    return AuditHead.objects.select_for_update().filter(chain=chain).first()


def _event(actor: Actor, verb: str, thing: Any, before: Any, after: Any, comment: str) -> AuditEvent:
    scopes = dict(thing.scopes)
    organization_id = scopes.get("organization")
    return AuditEvent(
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
        project_id=scopes.get("project", ""),
        environment_id=scopes.get("environment", ""),
        before=_stable(before),
        after=_stable(after),
        comment=comment,
        request_id=actor.request_id,
        ip=actor.ip,
        nonce=secrets.token_hex(16),
        person_nonce=secrets.token_hex(16),
    )


def _append(event: AuditEvent) -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("audit.record belongs into the transaction of the change that it tells of")
    head = locked_head(event.chain) or _first_head(event.chain)
    if fault := heads.fault_of(head):
        _write(_alarm(head, fault), head)
    _write(event, head)
    AuditHead.objects.filter(chain=event.chain).update(position=head.position, hash=head.hash, mac=head.mac)


def _write(event: AuditEvent, head: AuditHead) -> None:
    """The event behind the head, which moves on to it, in memory."""
    event.position, event.previous_hash = head.position + 1, head.hash
    entry = entry_of(event)
    event.person_hash = entry.person_hash = person_hash_of(entry)
    event.payload_hash = entry.payload_hash = payload_hash_of(entry)
    event.hash = hash_of(entry)
    event.save(force_insert=True)
    head.position, head.hash = event.position, event.hash
    head.mac = heads.mark_of(head.chain, head.position, head.hash)


def _first_head(chain: str) -> AuditHead:
    """Of a new chain; of one whose head was taken away, behind what is there, with no mark."""
    last = AuditEvent.with_deleted.filter(chain=chain).order_by("-position").first()
    begin = {"position": last.position, "hash": last.hash} if last else {"position": 0, "hash": FIRST_HASH}
    mac = "" if last else heads.mark_of(chain, 0, FIRST_HASH)
    AuditHead.objects.get_or_create(chain=chain, defaults={**begin, "mac": mac})
    return AuditHead.objects.select_for_update().get(chain=chain)


def _alarm(head: AuditHead, fault: str) -> AuditEvent:
    """Changes go on behind an end that somebody forged, since a flag may be on fire; but the chain says so for ever."""
    found = {"position": head.position, "hash": head.hash, "fault": fault}
    return _event(Actor.system("audit"), HEAD_BROKEN, head, None, found, "")


def _stable(value: Any) -> Any:
    """The value as any database gives it back: jsonb turns 1e16 into an integer, so integral floats are integers here."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _stable(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_stable(member) for member in value]
    return value
