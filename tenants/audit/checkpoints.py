"""Signed checkpoints: taken on schedule, kept in files outside of the database, announced to whoever listens."""

import json
import logging
from collections.abc import Iterable
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from tenants import outbox
from tenants.audit import heads, signing
from tenants.chain.checkpoints import Checkpoint, PublicKeys, Untrusted, read_checkpoint, signed
from tenants.models import INSTANCE_CHAIN, AuditCheckpoint, AuditHead, Organization
from tenants.problems import Conflict

STORE = "checkpoints"
TOPIC = "audit.checkpoint"

log = logging.getLogger(__name__)


class HeadBroken(Conflict):
    """The end of a chain is not as this installation wrote it, so it is not vouched for."""


def take(chain: str) -> AuditCheckpoint | None:
    """Sign where the chain ends; the checkpoint that is there already where nothing was added. None: there is no such chain."""
    with transaction.atomic():
        head = AuditHead.objects.filter(chain=chain).first()
        if head is None:
            return None
        if fault := heads.fault_of(head):
            raise HeadBroken(f"The end of the chain {chain} is not signed: {fault}.")
        taken = AuditCheckpoint.with_deleted.filter(chain=chain, position=head.position, kind="head").first()
        return taken or sign(head.chain, head.position, head.hash, kind=AuditCheckpoint.Kind.HEAD)


def sign(chain: str, position: int, last_hash: str, *, kind: str) -> AuditCheckpoint:
    """A new one, announced when the transaction commits."""
    signer, now = signing.signer(), timezone.now()
    said = Checkpoint(chain, position, last_hash, _moment(now), kind, signer.kid)
    signature = signed(said, signer.key).signature
    organization = _organization_of(chain) if kind != AuditCheckpoint.Kind.END else None
    row = AuditCheckpoint(
        organization=organization,
        chain=chain,
        position=position,
        hash=last_hash,
        at=now,
        kind=kind,
        kid=signer.kid,
        signature=signature,
    )
    row.save(force_insert=True)
    outbox.put(TOPIC, organization, document_of(row))
    return row


def take_all() -> int:
    """Of every chain that has grown since its last one, but for those whose end is forged; returns how many were taken."""
    taken = AuditCheckpoint.with_deleted.filter(chain=OuterRef("chain"), position=OuterRef("position"))
    count = 0
    for head in AuditHead.objects.filter(~Exists(taken)).order_by("chain"):
        try:
            count += take(head.chain) is not None
        except HeadBroken as error:
            log.error("audit: %s", error)
    return count


def store_waiting() -> int:
    """Write the files that are not there yet; safe to repeat after a crash at any point. Returns how many."""
    count = 0
    for row in AuditCheckpoint.with_deleted.filter(stored_at__isnull=True).order_by("id"):
        _write(f"{row.chain}/{row.position:012}-{row.kind}.checkpoint.json", json.dumps(document_of(row)))
        count += AuditCheckpoint.with_deleted.filter(pk=row.pk).update(stored_at=timezone.now())
    if count:
        _write("keys.json", json.dumps(signing.jwks()))
    return count


def _write(name: str, text: str) -> None:
    """Over what a crash left half written; nothing is deleted, which a bucket that only takes may refuse."""
    storages[STORE].save(name, ContentFile(f"{text}\n".encode()))


def document_of(row: AuditCheckpoint) -> dict[str, object]:
    """As it is kept in files, sent to webhooks and answered by the API."""
    return checkpoint_of(row).document()


def checkpoint_of(row: AuditCheckpoint) -> Checkpoint:
    return Checkpoint(row.chain, row.position, row.hash, _moment(row.at), row.kind, row.kid, row.signature)


def trusted(rows: Iterable[AuditCheckpoint], keys: PublicKeys) -> tuple[list[Checkpoint], list[str]]:
    """Those that one of the keys has signed, and what is wrong with the others."""
    found, doubts = [], []
    for row in rows:
        try:
            found.append(read_checkpoint(document_of(row), keys))
        except Untrusted as error:
            doubts.append(f"the checkpoint at {row.position}: {error}")
    return found, doubts


def _organization_of(chain: str) -> Organization | None:
    found: Organization | None = Organization.with_deleted.filter(pk=chain).first() if chain != INSTANCE_CHAIN else None
    return found


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
