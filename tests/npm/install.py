"""Fetches OpenFeature's providers for JavaScript, as the lock file pins them, once per user and lock file."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flagforge"
PROJECT = ("package.json", "package-lock.json")
COMMAND = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class NotInstalled(Exception):
    """npm could not; says why in its own words."""


def install() -> Path:
    """The folder of `node_modules`, outside of the tree; raises `NotInstalled`."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    folder = CACHE / f"npm-{lock[:16]}"
    if not folder.exists():
        _install_into(folder)
    return folder / "node_modules"


def _install_into(folder: Path) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=CACHE))
    try:
        for name in PROJECT:
            shutil.copy(HERE / name, draft)
        done = subprocess.run(COMMAND, cwd=draft, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotInstalled(done.stderr.strip())
        with contextlib.suppress(OSError):  # another run was faster
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
