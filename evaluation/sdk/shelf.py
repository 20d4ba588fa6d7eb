"""The last good state of one client on disk, which proves itself when it is read.

What cannot be written is lost for the next start and for nothing else.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..wire.frames import put_of_manifest
from .files import replace_whole
from .mirror import Copy

log = logging.getLogger(__name__)


class Shelf:
    """A folder that several clients may share: names begin with the hash of the key, so each finds its own."""

    def __init__(self, folder: Path, sdk_key: str) -> None:
        name = hashlib.sha256(sdk_key.encode()).hexdigest()[:16]
        self.manifest_file, self.keys_file = folder / f"{name}.manifest.json", folder / f"{name}.jwks.json"

    def keep(self, copy: Copy) -> None:
        self._write(self.manifest_file, put_of_manifest(copy.trusted.version, copy.trusted.content, copy.proof).data)

    def keep_keys(self, jwks: bytes) -> None:
        self._write(self.keys_file, jwks)

    def keys(self) -> bytes | None:
        try:
            return self.keys_file.read_bytes()
        except OSError:
            return None

    def manifest(self) -> Mapping[str, Any] | None:
        try:
            document = json.loads(self.manifest_file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            log.warning("%s cannot be used: %s", self.manifest_file, error)
            return None
        return document if isinstance(document, dict) else None

    def _write(self, file: Path, content: bytes) -> None:
        try:
            replace_whole(file, content)
        except OSError as error:
            log.warning("%s cannot be kept: %s", file, error)
