"""How long what was deleted can come back, and what goes for ever before that."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from tenants import audit, outbox, purging
from tenants.actors import Actor
from tenants.changes import alter, check, locked
from tenants.models import Organization, Purge, PurgeStage
from tenants.models.base import SoftDeleted
from tenants.permissions import require
from tenants.problems import Conflict, Fault
from tenants.purging.beginning import key_of
from tenants.retention import LONGEST, LONGEST_LOG, SHORTEST, SHORTEST_LOG


def set_retention(
    organization: Organization,
    *,
    days: int | None = None,
    audit_days: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Organization:
    """In whole days, of what was deleted and of the audit log (0: for ever); what is None stays as it is.

    A shorter one lets the purge begin at once with what is older.
    """
    require(actor, "organization.set_retention", organization)
    with transaction.atomic():
        organization = locked(organization)
        wanted = {"retention_days": days, "audit_days": audit_days}
        before, after = alter(organization, wanted, actor=actor, comment=comment, faults=_faults)
        if after:
            audit.record(actor, "organization.retention_set", organization, before, after, comment=comment)
            outbox.put("organization.retention_set", organization)
    return organization


def purge_now(thing: SoftDeleted, *, confirm: str, actor: Actor, comment: str = "") -> Purge:
    """Begin at once to purge what is deleted already; nothing brings it back then. `confirm` is its key, typed once more."""
    require(actor, "organization.purge", thing)  # type: ignore[arg-type]  # everything of a tenant has scopes
    key = key_of(thing)
    check(None, comment, faults=[] if confirm == key else [Fault("confirm", f"Write {key} to confirm.")])
    with transaction.atomic():
        purge = purging.begin(thing, asked_by=actor)
        if purge is None:
            raise Conflict(f"{thing} is not deleted, or its purge has begun already.")
        audit.record(actor, f"{purge.kind}.purge_begun", thing, comment=comment)
    return purge


def retry_purge(purge: Purge, *, actor: Actor, comment: str = "") -> None:
    """Try the stage that failed again at once, and not when its time has come."""
    require(actor, "organization.purge", purge)
    check(None, comment)
    with transaction.atomic():
        waiting = PurgeStage.with_deleted.filter(purge=purge, done_at__isnull=True, not_before__gt=timezone.now())
        if waiting.update(not_before=None):
            audit.record(actor, "purge.retried", purge, comment=comment)


def _faults(organization: Organization) -> Iterable[Fault]:
    days = organization.retention_days
    if type(days) is not int or not SHORTEST <= days <= LONGEST:
        yield Fault("retention_days", f"Write a whole number of days from {SHORTEST} to {LONGEST}.")
    days = organization.audit_days
    if type(days) is not int or (days != 0 and not SHORTEST_LOG <= days <= LONGEST_LOG):
        yield Fault("audit_days", f"Write a whole number of days from {SHORTEST_LOG} to {LONGEST_LOG}, or 0 for ever.")
