"""Whether a chain in this database is as it was written."""

from collections.abc import Iterable, Sequence

from django.db.models import Subquery

from tenants.audit import heads, signing
from tenants.audit.checkpoints import trusted
from tenants.audit.reading import in_order
from tenants.audit.recording import entry_of
from tenants.chain.checkpoints import Checkpoint
from tenants.chain.entries import FIRST_HASH
from tenants.chain.findings import Finding, Report
from tenants.chain.walk import Head, Walk
from tenants.models import AuditCheckpoint, AuditEvent, AuditHead, Organization

# A chain that grew, or of which something was erased, while it was read is read again.
TRIES = 3
NO_HEAD = "the chain has no head"


def verify(chain: str, kept: Sequence[Checkpoint] = ()) -> Report:
    """Every entry from the first to the last, in a little memory. `kept` are trusted checkpoints from elsewhere."""
    for _ in range(TRIES):
        head, report = _walked(chain, kept)
        if report.is_intact or _end_of(chain)[0] == head:
            break
    return report


def chains(kept: Iterable[Checkpoint] = ()) -> list[str]:
    """Every chain that is there or should be: one that was removed with its organization left a signed end."""
    ends, _ = trusted(AuditCheckpoint.with_deleted.filter(kind=AuditCheckpoint.Kind.END), signing.public_keys())
    known = [*ends, *kept]
    found = {one.chain for one in known}
    found |= {
        *AuditHead.objects.values_list("chain", flat=True),
        *Organization.with_deleted.values_list("pk", flat=True),
    }
    found |= set(AuditEvent.with_deleted.order_by().values_list("chain", flat=True).distinct())
    return sorted(found - {one.chain for one in known if one.kind == AuditCheckpoint.Kind.END})


def _walked(chain: str, kept: Sequence[Checkpoint]) -> tuple[Head, Report]:
    head, top = _end_of(chain)
    marks, doubts = trusted(AuditCheckpoint.with_deleted.filter(chain=chain), signing.public_keys())
    walk = Walk(chain, [*marks, *kept])
    for event in in_order(AuditEvent.with_deleted.filter(chain=chain), until=top):
        walk.see(entry_of(event))
    report = walk.end(head)
    for doubt in doubts:
        report.add(Finding("checkpoint", 0, 0, doubt))
    if not report.entries and not report.faults:
        report.add(Finding("missing", 0, 0, "there is no entry at all, not even that of its founding"))
    return head, report


def _end_of(chain: str) -> tuple[Head, int]:
    """What the head says, and the highest position that there is, in one statement: nothing comes between."""
    last = AuditEvent.with_deleted.filter(chain=chain).order_by("-position").values("position")[:1]
    head = AuditHead.objects.filter(chain=chain).annotate(top=Subquery(last)).first()
    if head is not None:
        return Head(head.position, head.hash, heads.fault_of(head)), head.top or 0
    top = last.values_list("position", flat=True).first() or 0
    return Head(top, FIRST_HASH if not top else "", NO_HEAD if top else ""), top
