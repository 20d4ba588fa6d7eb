"""Fetches what a lock file pins from npm, once per user and lock file."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flagforge"
PROJECT = ("package.json", "package-lock.json")
COMMAND = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class NotInstalled(Exception):
    """npm could not; says why in its own words."""


def install(project: Path = HERE) -> Path:
    """The folder of a project's `node_modules`, outside of the tree; raises `NotInstalled`."""
    lock = hashlib.sha256((project / "package-lock.json").read_bytes()).hexdigest()
    return made_once(f"npm-{lock[:16]}", lambda draft: _install_into(draft, project)) / "node_modules"


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name in the cache, whole or not at all, however many make it at once."""
    folder = CACHE / name
    if folder.exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=CACHE))
    try:
        make(draft)
        with contextlib.suppress(OSError):  # another run was faster
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _install_into(draft: Path, project: Path) -> None:
    for name in PROJECT:
        shutil.copy(project / name, draft)
    done = subprocess.run(COMMAND, cwd=draft, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(done.stderr.strip())
