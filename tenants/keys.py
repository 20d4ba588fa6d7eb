"""API keys as strings: minting, recognising, finding, hashing.

The last six characters of a key are a checksum of the others, so that a scanner of secrets, or a typing error, is told from a key
without asking anybody. Keys from before have none, and work as ever.
"""

import hashlib
import re
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

# docs/leaked-keys.md has it for scanners.
PATTERN = re.compile(r"(ff_(client|server|relay|token)_[A-Za-z0-9_-]{43})([A-Za-z0-9]{6})?")
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
VISIBLE_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class MintedKey:
    """A fresh key. `secret` is shown once and never stored, except for client keys, which are public by nature."""

    secret: str
    prefix: str
    sha256: str


def mint(kind: str) -> MintedKey:
    body = f"ff_{kind}_{secrets.token_urlsafe(32)}"
    return minted(body + checksum_of(body))


def minted(secret: str) -> MintedKey:
    """What is to be known of a well-formed key."""
    return MintedKey(secret, prefix_of(secret), sha256_of(secret))


def kind_of(secret: str) -> str | None:
    """The kind that a well-formed key claims to be; None for anything else."""
    match = PATTERN.fullmatch(secret)
    if match is None or match[3] not in (None, checksum_of(match[1])):
        return None
    return match[2]


def checksum_of(body: str) -> str:
    """CRC-32 of all before it, as six digits to the base 62."""
    rest, digits = crc32(body.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits


def keys_in(text: str) -> Iterator[str]:
    """Every well-formed key in a text, each once, in their order."""
    seen = set()
    for match in PATTERN.finditer(text):
        # What follows a key from before may look like a checksum, and be none.
        secret = match[0] if kind_of(match[0]) else match[1]
        if secret not in seen:
            seen.add(secret)
            yield secret


def prefix_of(secret: str) -> str:
    return secret[: secret.index("_", 3) + 1 + VISIBLE_CHARACTERS]


def sha256_of(secret: str) -> str:
    """Keys have 256 random bits, so a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()
