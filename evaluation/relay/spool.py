"""Telemetry that a relay could not pass on before it was stopped, on disk for its next start."""

import contextlib
import json
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from .batches import Waiting

PREFIX, SUFFIX = "telemetry.", ".jsonl"

log = logging.getLogger(__name__)


class Spool:
    """Files in a relay's folder, one a stop. Several processes may share the folder: whoever starts takes what is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, batches: Iterable[Waiting]) -> bool:
        """Whether they could be written."""
        name = f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        beside = self.folder / f".{name}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines(_line(batch) for batch in batches)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.folder / name)
        except OSError as error:
            log.warning("telemetry cannot be kept in %s: %s", self.folder, error)
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            return False
        return True

    def take(self) -> Iterator[Waiting]:
        """What is there, which then is there no more."""
        for file in sorted(self.folder.glob(f"{PREFIX}*{SUFFIX}")):
            try:
                lines = file.read_bytes().splitlines()
                file.unlink()
            except OSError as error:  # gone already to another process, or not ours to read
                log.warning("%s cannot be taken: %s", file, error)
                continue
            yield from filter(None, map(_read, lines))


def _line(batch: Waiting) -> bytes:
    document = {"environment": batch.environment_id, "kind": batch.kind, "body": batch.body.decode()}
    return json.dumps(document).encode() + b"\n"


def _read(line: bytes) -> Waiting | None:
    try:
        document = json.loads(line)
        return Waiting(str(document["environment"]), str(document["kind"]), document["body"].encode())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("a batch of telemetry on disk is damaged and dropped: %r", error)
        return None
