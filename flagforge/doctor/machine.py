"""This machine: Python and packages, folders and their rights, room on the disk, open files, static files, the bucket."""

import importlib.metadata
import re
import resource
import secrets
import shutil
import stat
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from flagforge.doctor.findings import Finding, fault, ok, warning

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)
INSTALL = "Run `pip install -r requirements/base.txt` in this environment (script/server does)."
# Below the first of each it soon ends, below the second somebody should look.
DISK_BYTES = (200_000_000, 2_000_000_000)
OPEN_FILES = (256, 4096)


def python() -> Iterator[Finding]:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < tuple(map(int, wanted.removeprefix(">=").split("."))):
        yield fault("python", f"Python {version} is older than FlagForge needs ({wanted}).", "Install a newer Python.")
    else:
        yield ok("python", f"Python {version} ({wanted}).")


def packages() -> Iterator[Finding]:
    """Against requirements/base.txt."""
    pins = dict(PIN.findall((ROOT / "requirements/base.txt").read_text()))
    found = {name: _version_of(name) for name in pins}
    missing = [name for name, version in found.items() if version is None]
    others = [f"{name} {found[name]} instead of {pins[name]}" for name in pins if found[name] not in (None, pins[name])]
    if missing:
        yield fault("packages", f"Not installed: {', '.join(missing)}.", INSTALL)
    if others:
        yield warning("packages", f"Other versions than were tested: {', '.join(others)}.", INSTALL)
    if not missing and not others:
        yield ok("packages", f"All {len(pins)} are the versions that were tested.")


def _version_of(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def data_folder() -> Iterator[Finding]:
    folder: Path = settings.DATA
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield fault("data folder", f"{folder} cannot be written to ({error.strerror}).", f"Run `chown -R` on {folder}.")
        return
    open_to_all = [path for path in (folder, *_private_files(folder)) if path.stat().st_mode & 0o077]
    for path in open_to_all:
        mode = stat.filemode(path.stat().st_mode)
        right = "700" if path.is_dir() else "600"
        say = warning if path.is_dir() else fault
        yield say("data folder", f"Others on this machine can open {path} ({mode}).", f"Run `chmod {right} {path}`.")
    if not open_to_all:
        yield ok("data folder", f"{folder} can be written to, and its secrets read by its owner alone.")


def _private_files(folder: Path) -> list[Path]:
    return [path for name in ("secret_key", "envelope_key", "keys.json") if (path := folder / name).is_file()]


def disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA).free
    said = f"{free / 1e9:.1f} GB are free where {settings.DATA} lies."
    mend = "Make room, or move FLAGFORGE_DATA to a larger disk: a full one stops every change."
    least, enough = DISK_BYTES
    yield (
        fault("disk", said, mend)
        if free < least
        else warning("disk", said, mend)
        if free < enough
        else ok("disk", said)
    )


def open_files() -> Iterator[Finding]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    said = f"A process may open {soft:,} files; each stream takes one."
    mend = "Raise it for the service: LimitNOFILE=65536 with systemd, `ulimit -n 65536` in a shell."
    least, enough = OPEN_FILES
    if soft == resource.RLIM_INFINITY or soft >= enough:
        yield ok("open files", said)
    else:
        yield (fault if soft < least else warning)("open files", said, mend)


def static_files() -> Iterator[Finding]:
    if not isinstance(staticfiles_storage, ManifestFilesMixin):
        yield ok("static files", "They are served from where they lie; nothing has to be collected.")
        return
    sources = {name for finder in get_finders() for name, _ in finder.list([])}
    missing = sources - staticfiles_storage.hashed_files.keys()
    if missing:
        said = f"{len(missing)} of {len(sources)} are not in {settings.STATIC_ROOT}, such as {min(missing)}."
        yield fault("static files", said, "Run `manage.py collectstatic --noinput`.")
    else:
        yield ok("static files", f"All {len(sources)} are collected in {settings.STATIC_ROOT}.")


def storage() -> Iterator[Finding]:
    """Writes a small file where checkpoints are kept, reads it and takes it away."""
    where = (
        "STORAGE_URL" if settings.STORAGES["checkpoints"]["BACKEND"].endswith("S3Storage") else "FLAGFORGE_CHECKPOINTS"
    )
    kept, name, content = storages["checkpoints"], f"doctor-{secrets.token_hex(4)}", b"written by manage.py doctor"
    try:
        written = kept.save(name, ContentFile(content))
        with kept.open(written) as file:
            is_whole = file.read() == content
        kept.delete(written)
    except Exception as error:  # botocore has dozens of its own
        said = f"{where} does not take files ({type(error).__name__}: {error})."
        yield fault("storage", said, "Check the bucket, its endpoint, key and rights; or the rights of the folder.")
        return
    if is_whole:
        yield ok("storage", f"{where} takes files and gives them back.")
    else:
        yield fault("storage", f"{where} gives other bytes back than were written.", "Check the disk or the bucket.")
