"""The signing keys of this installation. Nothing else reads them.

The newest signs. The one before stays public, so that what it signed can be verified while readers and other processes hear
of the new one; a manifest that an older key had signed is signed again by whoever serves it. At rest the private halves are
sealed (`tenants.sealing`), and a key that the seal does not prove to be ours is never published.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, transaction
from django.utils import timezone

from evaluation.core.canonical import canonical
from evaluation.models import SigningKey
from evaluation.wire import jws
from evaluation.wire.trust import PUBLIC_KEYS
from tenants import audit, sealing
from tenants.actors import Actor
from tenants.sealing import SealBroken

ACTIVE = 2
SEALED = sealing.declare("evaluation.SigningKey", "sealed", name="signing keys", purpose=lambda row: row.kid)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signer:
    """An opened key."""

    kid: str
    key: Ed25519PrivateKey


class Signed(Protocol):
    """A manifest, with the signature that it was published with."""

    @property
    def content(self) -> bytes: ...
    @property
    def signature(self) -> str: ...


_active: tuple[Signer, ...] = ()
LOOK_SECONDS = 1.0


class _Looks:
    """When the database was last asked, on the monotonic clock."""

    last = -LOOK_SECONDS


def load() -> None:
    """Ask the database which keys are active; as often as rotations should be heard of. Raises `SealBroken`."""
    global _active
    _Looks.last = time.monotonic()
    _active = tuple(_opened(SigningKey.objects.active()))


def refresh() -> None:
    """The same for whoever goes on without: what went wrong is logged."""
    try:
        load()
    except (DatabaseError, SealBroken) as error:
        log.warning("the signing keys cannot be read: %s", error)


def warm() -> None:
    """See to it that what is served here can be vouched for from memory."""
    if not _active:
        refresh()


def sign_manifest(content: bytes) -> str:
    """The detached signature of exactly these bytes. Asks the database when no key is known yet, and makes the first."""
    signer = _newest()
    return jws.sign_detached(content, signer.key, signer.kid)


def signature_of(manifest: Signed) -> str:
    """The signature that the manifest was published with; a new one where no active key made that."""
    if not _active or jws.signer_of(manifest.signature) in {signer.kid for signer in _active}:
        return manifest.signature
    return _signed_again(manifest.content, _active[0])


@lru_cache(maxsize=64)
def _signed_again(content: bytes, signer: Signer) -> str:
    return jws.sign_detached(content, signer.key, signer.kid)


def is_broken(manifest: Signed) -> bool:
    """It names an active key, and that did not sign these bytes. From memory alone."""
    keys = {signer.kid: signer.key.public_key() for signer in _active}
    try:
        jws.verify_detached(manifest.signature, manifest.content, keys)
    except jws.Untrusted:
        return jws.signer_of(manifest.signature) in keys
    return False


def is_foreign(manifest: Signed) -> bool:
    """It names none of the active keys, although those are known here."""
    return bool(_active) and jws.signer_of(manifest.signature) not in {signer.kid for signer in _active}


def newest_name() -> str:
    """Of the key that signs statements; "" while none is known here. From memory alone."""
    return _active[0].kid if _active else ""


def sign_statement(payload: bytes, *, kind: str) -> str:
    """A small JWS; "" while no key is known here. From memory alone: no I/O, safe on an event loop."""
    return jws.sign(payload, _active[0].key, _active[0].kid, kind=kind) if _active else ""


def jwks() -> dict[str, Any]:
    """The public halves of the active keys, the newest first; as last heard of while the database is out of reach.

    The oldest signs the set, so that whoever knows that one may believe the new ones. Anybody may ask, so the database is
    asked at most once a second.
    """
    if time.monotonic() - _Looks.last > LOOK_SECONDS:
        refresh()
    keys: dict[str, Any] = {"keys": [jws.jwk_of(signer.key.public_key()) for signer in _active]}
    if not _active:
        return keys
    oldest = _active[-1]
    return {**keys, "signed": jws.sign(canonical(keys), oldest.key, oldest.kid, kind=PUBLIC_KEYS)}


def rotate(*, keep_previous: bool = True) -> str:
    """Sign with a new key from now on; returns its name. Without the previous one, all older signatures end at once."""
    with transaction.atomic():
        fresh = _made()
        kept = [row.kid for row in SigningKey.objects.active()[: ACTIVE if keep_previous else 1]]
        ending = SigningKey.objects.active().exclude(kid__in=kept)
        retired = list(ending.values_list("kid", flat=True))
        ending.update(retired_at=timezone.now())
        row = SigningKey.objects.get(kid=fresh.kid)
        audit.record(
            Actor.system("rotate_signing_key"), "signing_key.created", row, {"retired": retired}, {"active": kept}
        )
    load()
    return fresh.kid


def forget_everything() -> None:
    """For tests that begin with an empty process."""
    global _active
    _active, _Looks.last = (), -LOOK_SECONDS


def _newest() -> Signer:
    if not _active:
        load()
    if _active:
        return _active[0]
    transaction.on_commit(refresh)  # not before: what is made here is gone if the transaction fails
    return _made()


def _made() -> Signer:
    key = Ed25519PrivateKey.generate()
    row = SigningKey(kid=jws.name_of(key.public_key()))
    row.sealed = SEALED.seal(key.private_bytes_raw(), row)
    row.save(force_insert=True)
    return Signer(row.kid, key)


def _opened(rows: Iterable[SigningKey]) -> Iterable[Signer]:
    for row in rows:
        try:
            content = SEALED.unseal(row.sealed, row)
        except SealBroken as broken:
            raise SealBroken(
                f"the signing key {row.kid}: {broken}; or have `manage.py rotate_signing_key --drop-previous` make a new key"
            ) from None
        yield Signer(row.kid, Ed25519PrivateKey.from_private_bytes(content))
