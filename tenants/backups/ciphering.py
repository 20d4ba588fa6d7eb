"""The cipher of backups: a stream in chunks of AES-256-GCM, each bound to its place, the last one marked as the last.

So chunks that were altered, left out, put elsewhere or cut off at the end are noticed, in little memory. Each file has a key
of its own, derived from the operator's by HKDF with the file's salt, so that counted nonces never come twice.
"""

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
LENGTH_BYTES = 4
BACKUP, ENVELOPE = "FLAGFORGE_BACKUP_KEY", "FLAGFORGE_ENVELOPE_KEY"


class Unusable(Exception):
    """A file that is not restored, and why, in words for whoever tries."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Which key a file is encrypted with: its id, the variable that it stands in, and the salt of the file (base64)."""

    key: str
    variable: str
    salt: str


def new_lock() -> Lock:
    """With the first of `FLAGFORGE_BACKUP_KEY`, or where that is not set the first envelope key."""
    variable = BACKUP if settings.BACKUP_KEYS else ENVELOPE
    key = (settings.BACKUP_KEYS or settings.ENVELOPE_KEYS)[0]
    return Lock(id_of(key), variable, urlsafe_b64encode(os.urandom(16)).decode())


def id_of(key: bytes) -> str:
    """Names a key and tells nothing of it: it has 256 random bits."""
    return hashlib.sha256(b"flagforge backup key" + key).hexdigest()[:8]


def seal(chunks: Iterator[bytes], into: IO[bytes], lock: Lock, header: bytes) -> None:
    """Write the chunks, of `CHUNK_BYTES` at most each; there may be any number."""
    cipher, number = _cipher(lock), 0
    held = next(chunks, b"")
    for following in chunks:
        _write(into, cipher.encrypt(_nonce(number, is_last=False), held, header))
        held, number = following, number + 1
    _write(into, cipher.encrypt(_nonce(number, is_last=True), held, header))


def unseal(file: IO[bytes], lock: Lock, header: bytes) -> Iterator[bytes]:
    """The chunks that were sealed, up to the end of the file. Raises `Unusable` at the first that is not what was written."""
    cipher, number = _cipher(lock), 0
    sealed = _read(file)
    while sealed:
        following = _read(file)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), sealed, header)
        except InvalidTag:
            where = f"at {number * CHUNK_BYTES:,} bytes of its content"
            raise Unusable(
                f"The backup was altered or is damaged {where}, or its end is missing. Use another copy of it."
            ) from None
        sealed, number = following, number + 1
    if not number:
        raise Unusable("The backup ends behind its header: its content is missing. Use another copy of it.")


def _cipher(lock: Lock) -> AESGCM:
    key = next((key for key in _keys(lock.variable) if id_of(key) == lock.key), None)
    if key is None:
        raise Unusable(
            f"The backup is encrypted with another {lock.variable} ({lock.key}): give this process that key, "
            "as a further one behind a comma."
        )
    derived = HKDF(SHA256(), 32, salt=urlsafe_b64decode(lock.salt), info=b"flagforge backup 1").derive(key)
    return AESGCM(derived)


def _keys(variable: str) -> tuple[bytes, ...]:
    keys: tuple[bytes, ...] = settings.BACKUP_KEYS if variable == BACKUP else settings.ENVELOPE_KEYS
    return keys


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _write(into: IO[bytes], sealed: bytes) -> None:
    into.write(len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed)


def _read(file: IO[bytes]) -> bytes:
    """b"" at the end of the file."""
    length = file.read(LENGTH_BYTES)
    if not length:
        return b""
    wanted = int.from_bytes(length, "big")
    if len(length) < LENGTH_BYTES or not TAG_BYTES <= wanted <= CHUNK_BYTES + TAG_BYTES:
        raise Unusable("The backup was altered or is cut off in the middle. Use another copy of it.")
    sealed = file.read(wanted)
    if len(sealed) < wanted:
        raise Unusable("The backup is cut off in the middle. Use another copy of it.")
    return sealed
