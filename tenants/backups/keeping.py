"""Where backups lie (a folder, or a bucket), what they are called, and which of them are kept for how long."""

import re
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages

from tenants.backups.ciphering import Unusable

STORE, LATEST = "backups", "latest"
NAME = re.compile(r"flagforge-(\d{8}T\d{6}Z)\.backup")
FORM = "%Y%m%dT%H%M%SZ"


def name_at(moment: datetime) -> str:
    return f"flagforge-{moment.astimezone(UTC).strftime(FORM)}.backup"


def moment_of(name: str) -> datetime:
    found = NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name} is not the name of a backup")
    return datetime.strptime(found[1], FORM).replace(tzinfo=UTC)


def kept() -> list[str]:
    """The newest first. What else lies there is nobody's business."""
    store = storages[STORE]
    try:
        names = store.listdir("")[1]
    except FileNotFoundError:
        return []
    return sorted(filter(NAME.fullmatch, names), reverse=True)


def keep(file: IO[bytes], name: str) -> None:
    file.seek(0)
    storages[STORE].save(name, File(file))


@contextmanager
def aside() -> Generator[IO[bytes], None, None]:
    """A file of this process in the data folder, gone at the end."""
    with tempfile.TemporaryFile(dir=settings.DATA, prefix=".backup-") as file:
        yield file


@contextmanager
def fetched(name: str) -> Generator[tuple[str, IO[bytes]], None, None]:
    """A backup by its path, by its name in the store, or the `latest` there; with its name. Raises `Unusable`."""
    if Path(name).is_file():
        with Path(name).open("rb") as file:
            yield Path(name).name, file
        return
    wanted = next(iter(kept()), name) if name == LATEST else name
    if wanted not in kept():
        raise Unusable(f"There is no file {name}, nor a backup of this name in the store.")
    with storages[STORE].open(wanted) as stored, aside() as file:
        shutil.copyfileobj(stored, file, 1 << 20)
        file.seek(0)
        yield wanted, file


def prune(keep_for: Mapping[str, int]) -> list[str]:
    """Delete what no rule keeps: the newest of each of so many days, weeks and months. Returns the names."""
    names = kept()
    gone = [name for name in names if name not in wanted(names, keep_for)]
    for name in gone:
        storages[STORE].delete(name)
    return gone


def wanted(names: list[str], keep_for: Mapping[str, int]) -> set[str]:
    """Of the newest days, weeks and months in which there is one at all; the newest backup in any case."""
    found = set(names[:1])
    for rule, form in (("daily", "%Y-%m-%d"), ("weekly", "%G-%V"), ("monthly", "%Y-%m")):
        newest: dict[str, str] = {}
        for name in sorted(names, reverse=True):
            newest.setdefault(moment_of(name).strftime(form), name)
        found.update(list(newest.values())[: keep_for[rule]])
    return found
