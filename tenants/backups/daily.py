"""Backups with a record of what became of each; the storage is pruned after each that succeeded."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import ProgrammingError
from django.utils import timezone

from tenants.backups import keeping
from tenants.backups.ciphering import Unusable
from tenants.backups.files import Header
from tenants.backups.making import Told, back_up, silently
from tenants.models import BackupRun


def back_up_to_storage(told: Told = silently) -> BackupRun:
    """Raises whatever kept it from being made, and writes that down as well."""

    def write(name: str) -> tuple[Header, int]:
        with keeping.aside() as file:
            header = back_up(file, told)
            size = file.tell()
            keeping.keep(file, name)
        return header, size

    run = _recorded(write)
    keeping.prune(settings.BACKUP_KEEP)
    return run


def back_up_to(path: Path, told: Told = silently) -> BackupRun:
    """Into a file that is not there yet, or into a folder."""

    def write(name: str) -> tuple[Header, int]:
        target = path / name if path.is_dir() else path
        if target.exists():
            raise Unusable(f"{target} is there already: name another file, or a folder.")
        beside = target.with_name(f".{target.name}.part")
        try:
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                written = back_up(file, told), _synced(file)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        return written

    return _recorded(write, path)


def _synced(file: IO[bytes]) -> int:
    file.flush()
    os.fsync(file.fileno())
    return file.tell()


def _recorded(write: Callable[[str], tuple[Header, int]], path: Path | None = None) -> BackupRun:
    started_at, began = timezone.now(), time.monotonic()
    name = keeping.name_at(started_at)
    shown = path.name if path is not None and not path.is_dir() else name
    run = BackupRun(kind=BackupRun.Kind.BACKUP, name=shown[:200], started_at=started_at, seconds=0)
    run.found = {"stored": path is None}
    try:
        header, run.size = write(name)
        run.rows = header.rows
        run.found |= {"key": header.lock.key, "variable": header.lock.variable, "sealed_with": header.sealed_with}
    except Exception as error:
        run.error = f"{type(error).__name__}: {error}"[:2000]
        raise
    finally:
        run.seconds = time.monotonic() - began
        with contextlib.suppress(ProgrammingError):  # whoever may only read backs up as well
            run.save(force_insert=True)
    return run
