"""The last good state on disk, so that a relay starts without upstream. Manifests are verified when they are read."""

import contextlib
import json
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..core.canonical import canonical
from ..sdk.mirror import Copy
from ..wire.frames import put_of_manifest

JWKS, SCOPE = "jwks.json", "scope.json"
MANIFEST = ".manifest.json"

log = logging.getLogger(__name__)


class Store:
    """A folder for one relay, readable by its owner. Each file is replaced whole or not at all.

    What cannot be written is lost for the next start and for nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failures = 0

    def keep_jwks(self, content: bytes) -> None:
        self._write(JWKS, content)

    def keep_scope(self, environments: Iterable[Mapping[str, Any]], keys: Iterable[Mapping[str, Any]]) -> None:
        self._write(SCOPE, canonical({"environments": list(environments), "keys": list(keys)}))

    def keep(self, copy: Copy) -> None:
        message = put_of_manifest(copy.trusted.version, copy.trusted.content, copy.proof)
        self._write(copy.environment_id + MANIFEST, message.data)

    def forget(self, environment_id: str) -> None:
        with contextlib.suppress(OSError):
            (self.folder / (environment_id + MANIFEST)).unlink()

    def jwks(self) -> bytes | None:
        try:
            return (self.folder / JWKS).read_bytes()
        except OSError:
            return None

    def scope(self) -> dict[str, Any]:
        return self._read(self.folder / SCOPE)

    def manifests(self) -> dict[str, dict[str, Any]]:
        """By the environment that the file's name says; what is in it proves itself or is refused."""
        files = self.folder.glob("*" + MANIFEST)
        return {file.name.removesuffix(MANIFEST): document for file in files if (document := self._read(file))}

    def _read(self, file: Path) -> dict[str, Any]:
        """Empty where there is nothing, or nothing that can be read."""
        try:
            document = json.loads(file.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            log.warning("%s cannot be used: %s", file, error)
            return {}
        return document if isinstance(document, dict) else {}

    def _write(self, name: str, content: bytes) -> None:
        beside = self.folder / f".{name}.{os.getpid()}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(beside, content)
            beside.replace(self.folder / name)
        except OSError as error:
            self.failures += 1
            log.warning("%s cannot be kept: %s", name, error)
            with contextlib.suppress(OSError):  # a full disk is not filled further with halves
                beside.unlink()


def write_whole(file: Path, content: bytes) -> None:
    """Readable by its owner alone. Raises OSError."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
