"""What is kept secret or must not be altered: sealed columns, signing keys, the ends of the audit chains."""

from collections.abc import Iterator

from evaluation.manifest import sign
from evaluation.models import SigningKey
from flagforge.doctor.findings import Finding, fault, ok, warning
from tenants import resealing
from tenants.audit import heads
from tenants.models import AuditEvent, AuditHead
from tenants.sealing import SealBroken

VERIFY = "Run `manage.py audit verify`, and read docs/audit.md before anything else is changed."


def envelope_keys() -> Iterator[Finding]:
    """Opens everything that is sealed."""
    found = resealing.look()
    broken = [f"{one.column.name} ({len(one.broken)})" for one in found if one.broken]
    texts, older = sum(one.by_key.total() for one in found), sum(one.older for one in found)
    if broken:
        said = f"No envelope key of this process opens: {', '.join(broken)}."
        yield fault("envelope keys", said, "Add the key that sealed them to FLAGFORGE_ENVELOPE_KEY, behind the first.")
    elif older:
        said = f"{older} of {texts} sealed texts need an older key."
        yield warning("envelope keys", said, "Run `manage.py secrets rotate`; then the older key can go.")
    else:
        yield ok("envelope keys", f"They open all that is sealed ({texts}).")


def signing_keys() -> Iterator[Finding]:
    try:
        sign.load()
    except SealBroken as broken:
        mend = (
            "Give this process the envelope key that sealed it, or run `manage.py rotate_signing_key --drop-previous`."
        )
        yield fault("signing keys", str(broken), mend)
        return
    count = SigningKey.objects.active().count()
    yield ok(
        "signing keys", f"{count} sign and prove manifests." if count else "The first is made with the first manifest."
    )


def audit_chains() -> Iterator[Finding]:
    """Their ends alone: whether each has our mark, and stands on the entry that it names."""
    all_heads = list(AuditHead.objects.all())
    faults = [f"{head.chain}: {said}" for head in all_heads if (said := _fault_of(head))]
    if faults:
        shown = "; ".join(faults[:3]) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")
        yield fault("audit chains", f"The end of a chain is not as it was written: {shown}.", VERIFY)
    else:
        yield ok(
            "audit chains", f"The ends of {len(all_heads)} are as they were written; `audit verify` follows them whole."
        )


def _fault_of(head: AuditHead) -> str:
    if fault_of_mark := heads.fault_of(head):
        return fault_of_mark
    last = AuditEvent.with_deleted.filter(chain=head.chain).order_by("-position").values_list("position", flat=True)
    end = last.first()
    return "" if end is None or end == head.position else f"it stands at {head.position}, the last entry is {end}"
