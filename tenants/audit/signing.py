"""The keys that sign checkpoints. Nothing else reads them.

The newest signs; the public halves of all stay, since what they signed is kept for years. At rest the private halves are
sealed (`tenants.sealing`), and a key that the seal does not prove to be ours is not believed.
"""

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from tenants import sealing
from tenants.actors import Actor
from tenants.audit.recording import record
from tenants.chain.checkpoints import PublicKeys, jwk_of, name_of
from tenants.models import AuditKey
from tenants.sealing import SealBroken

SEALED = sealing.declare(
    "tenants.AuditKey", "sealed", name="keys of audit checkpoints", purpose=lambda row: f"audit key {row.kid}"
)


class Signer(NamedTuple):
    kid: str
    key: Ed25519PrivateKey


def signer() -> Signer:
    """The newest key that this process can open; a new one where there is none."""
    for row in AuditKey.objects.order_by("-created_at"):
        if (key := _opened(row)) is not None:
            return Signer(row.kid, key)
    return _made()


def public_keys() -> PublicKeys:
    """Of all keys that are provably ours, by name, the newest first."""
    opened = {row.kid: _opened(row) for row in AuditKey.objects.order_by("-created_at")}
    return {kid: key.public_key() for kid, key in opened.items() if key is not None}


def jwks() -> dict[str, list[dict[str, str]]]:
    """The same as a JWKS document: what an outsider verifies with, and keeps."""
    return {"keys": [jwk_of(key) for key in public_keys().values()]}


def rotate(*, actor: Actor, comment: str = "") -> str:
    """Sign with a new key from now on; returns its name."""
    with transaction.atomic():
        fresh = _made()
        record(actor, "audit_key.created", AuditKey.objects.get(pk=fresh.kid), comment=comment)
    return fresh.kid


def _made() -> Signer:
    key = Ed25519PrivateKey.generate()
    row = AuditKey(kid=name_of(key.public_key()))
    row.sealed = SEALED.seal(key.private_bytes_raw(), row)
    row.save(force_insert=True)
    return Signer(row.kid, key)


def _opened(row: AuditKey) -> Ed25519PrivateKey | None:
    """None where an envelope key sealed it that is not here, or somebody else made it."""
    try:
        return Ed25519PrivateKey.from_private_bytes(SEALED.unseal(row.sealed, row))
    except SealBroken:
        return None
