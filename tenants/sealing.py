"""Secrets at rest, sealed with `FLAGFORGE_ENVELOPE_KEY` (AES-256-GCM). Nothing else encrypts but `tenants.backups.ciphering`.

Sealed text reads `v1.<key id>.<nonce and text, base64url>`. Of several envelope keys the first seals and all open, so that
`manage.py secrets rotate` can move what lies in the database from one to the next. Whoever keeps a secret in a column
declares that column here, once, and seals through it: there is no other way to seal, so rotation finds all of them.
"""

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings

FORM = "v1"
NONCE_BYTES = 12


class SealBroken(Exception):
    """None of the envelope keys of this process opens the text, or it was altered, or belongs elsewhere."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """Where sealed text lies. Made by `declare`.

    `purpose` names what a row's text is for; what is sealed for one purpose opens for no other, so that nobody moves it.
    With `members` the column holds a JSON object, and the text is in those of its members that are there.
    """

    name: str
    model: str
    field: str
    purpose: Callable[[Any], str]
    members: tuple[str, ...] = ()

    def seal(self, content: bytes, row: Any = None) -> str:
        """`row` is what `purpose` is asked about; it need not be saved yet."""
        return _sealed(content, self.purpose(row))

    def unseal(self, text: str, row: Any = None) -> bytes:
        """Raises `SealBroken`."""
        try:
            return _opened(text, self.purpose(row))
        except SealBroken as broken:
            raise SealBroken(f"{self.name}: {broken}") from None

    @property
    def rows(self) -> Any:
        """Of all tenants, hidden ones too."""
        return apps.get_model(self.model)._base_manager.all()


_columns: dict[str, SealedColumn] = {}


def declare(
    model: str, field: str, *, purpose: Callable[[Any], str], members: tuple[str, ...] = (), name: str = ""
) -> SealedColumn:
    """Say that sealed text lies in this column; in a module that is imported in an app's `ready` at the latest.

    `name` is the purpose in words, for reports and errors.
    """
    column = SealedColumn(name or f"{model}.{field}", model, field, purpose, members)
    _columns[f"{model}.{field}"] = column
    return column


def columns() -> list[SealedColumn]:
    """Every column that holds sealed text, in the order of their places."""
    return [_columns[place] for place in sorted(_columns)]


def writing_key_id() -> str:
    """Of the key that seals."""
    return _id_of(settings.ENVELOPE_KEYS[0])


def key_id_of(text: str) -> str:
    """Which key sealed the text; "" for what was sealed before keys had ids."""
    parts = text.split(".")
    return parts[1] if len(parts) == 3 else ""


def _id_of(key: bytes) -> str:
    """Names a key and tells nothing of it: it has 256 random bits."""
    return hashlib.sha256(b"flagforge envelope key" + key).hexdigest()[:8]


def _sealed(content: bytes, purpose: str) -> str:
    key, nonce = settings.ENVELOPE_KEYS[0], os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, content, purpose.encode())
    return f"{FORM}.{_id_of(key)}.{urlsafe_b64encode(sealed).decode()}"


def _opened(text: str, purpose: str) -> bytes:
    key_id = key_id_of(text)
    keys = list(_keys(key_id))
    if not keys:
        ours = ", ".join(_id_of(key) for key in settings.ENVELOPE_KEYS)
        raise SealBroken(
            f"sealed with another FLAGFORGE_ENVELOPE_KEY ({key_id}; this process has {ours}): give this process that one too"
        )
    try:
        sealed = urlsafe_b64decode(text.rpartition(".")[2])
    except ValueError:
        raise SealBroken("what lies there is no sealed text") from None
    for key in keys:
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError):
            continue
    raise SealBroken(
        "it was altered, or sealed for something else"
        if key_id
        else "sealed with another FLAGFORGE_ENVELOPE_KEY, or altered: give this process the key that sealed it"
    )


def _keys(key_id: str) -> Iterator[bytes]:
    """Those that may have sealed a text; without an id each of them."""
    return (key for key in settings.ENVELOPE_KEYS if not key_id or _id_of(key) == key_id)
