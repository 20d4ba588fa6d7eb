"""Removing the oldest entries of a chain by policy, or all: a signed checkpoint stays, and the rest verifies from there."""

from datetime import datetime

from django.db import transaction

from tenants.actors import Actor
from tenants.audit import heads
from tenants.audit.checking import verify
from tenants.audit.checkpoints import sign
from tenants.audit.recording import locked_head, record
from tenants.models import INSTANCE_CHAIN, AuditCheckpoint, AuditEvent, AuditHead, Organization
from tenants.problems import Conflict


def purge_before(organization: Organization | None, before: datetime, *, actor: Actor, comment: str = "") -> int:
    """Remove the entries of before that moment; returns how many. None: those of the instance.

    `Conflict` while the chain does not verify: a purge must not take away the traces of what was done to it. When nothing is
    as old, nothing is written.
    """
    chain = organization.pk if organization is not None else INSTANCE_CHAIN
    with transaction.atomic():
        head = locked_head(chain)
        last = _last_before(chain, before)
        if head is None or last is None:
            return 0
        _refuse_to_hide(chain)
        sign(chain, last.position, last.hash, kind=AuditCheckpoint.Kind.PURGE)
        count: int = AuditEvent.with_deleted.filter(chain=chain, position__lte=last.position).delete()[0]
        purged = {"until": last.position, "hash": last.hash, "entries": count, "before": before.isoformat()}
        record(actor, "audit.purged", head, purged, None, comment=comment)
    return count


def end_chain(organization: Organization, *, actor: Actor, comment: str = "") -> int:
    """Remove the whole audit log of an organization that is being purged; returns how many entries there were.

    Call it last, in the transaction that removes the organization: whatever is recorded of it later would begin a new chain.
    What stays is a signed end, and an entry in the chain of the instance that names it.
    """
    chain = organization.pk
    with transaction.atomic():
        head = locked_head(chain)
        if head is None:
            return 0
        end = sign(chain, head.position, head.hash, kind=AuditCheckpoint.Kind.END)
        count: int = AuditEvent.with_deleted.filter(chain=chain).delete()[0]
        AuditCheckpoint.with_deleted.filter(chain=chain).exclude(pk=end.pk).delete()
        AuditHead.objects.filter(chain=chain).delete()
        ended = {"chain": chain, "position": head.position, "hash": head.hash, "fault": heads.fault_of(head)}
        record(actor, "audit.ended", end, ended, None, comment=comment)
    return count


def _last_before(chain: str, before: datetime) -> AuditEvent | None:
    """The entry up to which all are older; the clocks of two processes differ, so it is looked for from the other end."""
    events = AuditEvent.with_deleted.filter(chain=chain)
    kept = events.filter(at__gte=before).order_by("position").first()
    older = events.filter(position__lt=kept.position) if kept else events
    last: AuditEvent | None = older.order_by("-position").first()
    return last


def _refuse_to_hide(chain: str) -> None:
    report = verify(chain)
    if not report.is_intact:
        raise Conflict(f"The chain {chain} does not verify, so nothing of it is removed: {report.findings[0]}.")
