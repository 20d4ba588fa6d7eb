"""The mark on the end of each chain: made with a key that is not in the database.

Whoever can write SQL can make hashes, so they could write a whole chain anew, or cut its end off; the mark of that end they
cannot make. It stands on the head alone, not on each entry: an old one must not be there to be put back.
"""

import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from tenants.models import AuditHead

FOREIGN = "its mark was not made with the key of this installation"
NO_MARK = "it has no mark"


def mark_of(chain: str, position: int, last_hash: str) -> str:
    """HMAC-SHA256 over all three, with a key derived from the first envelope key; hexadecimal."""
    return _mark(settings.ENVELOPE_KEYS[0], chain, position, last_hash)


def fault_of(head: AuditHead) -> str:
    """What is wrong with its mark; "" when one of the envelope keys made it."""
    if not head.mac:
        return NO_MARK
    return "" if any(_was_made_with(key, head) for key in settings.ENVELOPE_KEYS) else FOREIGN


def is_older(head: AuditHead) -> bool:
    """Whether it is good, and made with another key than the one that makes marks now."""
    return not fault_of(head) and not _was_made_with(settings.ENVELOPE_KEYS[0], head)


def _was_made_with(envelope_key: bytes, head: AuditHead) -> bool:
    return hmac.compare_digest(_mark(envelope_key, head.chain, head.position, head.hash), head.mac)


def _mark(envelope_key: bytes, chain: str, position: int, last_hash: str) -> str:
    message = f"{chain}\n{position}\n{last_hash}".encode()
    return hmac.new(_derived(envelope_key), message, hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _derived(envelope_key: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"flagforge audit head").derive(envelope_key)
