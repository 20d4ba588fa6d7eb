"""What a client may be given to begin with: a signed state, and the keys to verify it."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..wire.jws import PublicKeys, keys_of

log = logging.getLogger(__name__)


def bootstrap_of(given: bytes | str | Path) -> dict[str, Any] | None:
    """The signed state; None, with a line in the log, for what is none: no application ends because of a file."""
    try:
        document = json.loads(_content(given))
        if isinstance(document, dict) and isinstance(document.get("manifest"), dict):
            return document
        log.error("the bootstrap is no signed state, as a poll with a server key answers it")
    except (OSError, ValueError, RecursionError) as error:
        log.error("the bootstrap cannot be used: %s", error)
    return None


def public_keys_of(given: bytes | str | Path | Mapping[str, Any]) -> PublicKeys:
    """Raises ValueError: whoever pins keys means to be safe, and is not with none."""
    try:
        keys = keys_of(given if isinstance(given, Mapping) else json.loads(_content(given)))
    except OSError as error:
        raise ValueError(f"the public keys cannot be read: {error}") from None
    if not keys:
        raise ValueError("there are no Ed25519 keys among the public keys")
    return keys


def _content(given: bytes | str | Path) -> bytes:
    return given if isinstance(given, bytes) else Path(given).read_bytes()
