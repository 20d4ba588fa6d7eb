"""API keys as strings: minting, recognising, hashing."""

import hashlib
import re
import secrets
from dataclasses import dataclass

PATTERN = re.compile(r"ff_(client|server|relay|token)_[A-Za-z0-9_-]{43}")
VISIBLE_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class MintedKey:
    """A fresh key. `secret` is shown once and never stored, except for client keys, which are public by nature."""

    secret: str
    prefix: str
    sha256: str


def mint(kind: str) -> MintedKey:
    secret = f"ff_{kind}_{secrets.token_urlsafe(32)}"
    return MintedKey(secret, prefix_of(secret), sha256_of(secret))


def kind_of(secret: str) -> str | None:
    """The kind that a well-formed key claims to be; None for anything else."""
    match = PATTERN.fullmatch(secret)
    return match[1] if match else None


def prefix_of(secret: str) -> str:
    return secret[: secret.index("_", 3) + 1 + VISIBLE_CHARACTERS]


def sha256_of(secret: str) -> str:
    """Keys have 256 random bits, so a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()
