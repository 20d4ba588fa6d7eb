"""Stream tokens: what a browser puts into a URL instead of a key.

HMAC-SHA256 over a four-hour window, keyed with the API key's own hash: whoever knows the hashes of keys (the control plane,
every relay) can check a token without asking anybody, and every door makes the same one. A token opens evaluated values
only, for four to eight hours.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import lru_cache

WINDOW_SECONDS = 4 * 3600
PATTERN = re.compile(r"ff_stream_([0-9a-f]{16})_([0-9a-f]{1,10})_([0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class StreamToken:
    """`key_hint` is the beginning of the key's SHA-256, enough to find it."""

    key_hint: str
    window: int
    proof: str


def mint(key_sha256: str, epoch_seconds: float) -> str:
    return _minted(key_sha256, int(epoch_seconds // WINDOW_SECONDS))


@lru_cache(maxsize=4096)  # asked for with every answer, and the same for hours
def _minted(key_sha256: str, window: int) -> str:
    return f"ff_stream_{key_sha256[:16]}_{window:x}_{_proof(key_sha256, window)}"


def parse(text: str) -> StreamToken | None:
    match = PATTERN.fullmatch(text)
    return StreamToken(match[1], int(match[2], 16), match[3]) if match else None


def is_valid(token: StreamToken, key_sha256: str, epoch_seconds: float) -> bool:
    """Made from this key, in this window or the one before."""
    current = int(epoch_seconds // WINDOW_SECONDS)
    fresh = token.window in (current, current - 1)
    return hmac.compare_digest(token.proof, _proof(key_sha256, token.window)) and fresh


def _proof(key_sha256: str, window: int) -> str:
    message = f"flagforge stream {window}".encode()
    return hmac.new(bytes.fromhex(key_sha256), message, hashlib.sha256).hexdigest()[:40]
