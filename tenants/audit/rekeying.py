"""A new envelope key: the marks of all heads, made anew with it."""

from dataclasses import dataclass, field

from django.db import transaction

from tenants.audit import heads
from tenants.models import AuditHead


@dataclass(slots=True)
class Marks:
    """Of all chains: how many ends there are, how many an older key marked, and the chains whose end none of the keys did."""

    all: int = 0
    older: int = 0
    broken: list[str] = field(default_factory=list)


def rekey(*, changes: bool = True) -> Marks:
    """Mark each end anew that an older envelope key marked, one transaction each; without `changes` only count.

    What none of the keys marked is left as it is: a forged end must not become a sound one by a rotation.
    """
    found = Marks()
    for chain in AuditHead.objects.order_by("chain").values_list("chain", flat=True):
        with transaction.atomic():
            _look_at(AuditHead.objects.select_for_update().get(chain=chain), found, changes)
    return found


def _look_at(head: AuditHead, found: Marks, changes: bool) -> None:
    found.all += 1
    if heads.fault_of(head):
        found.broken.append(head.chain)
    elif heads.is_older(head):
        found.older += 1
        if changes:
            head.mac = heads.mark_of(head.chain, head.position, head.hash)
            head.save(update_fields=["mac"])
