"""Builds the SDK for JavaScript and its tests, once per user and sources, outside of the tree."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.npm.install import NotInstalled, install, made_once

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "sdks/javascript"
LICENCES = (ROOT / "LICENSE-MIT", ROOT / "LICENSE-APACHE")
PLACE = Path("sdks/javascript")  # as in the repository, so that paths upwards lead to the same things


class NotBuilt(Exception):
    """The sources do not build; says why in the words of the tools."""


def sources() -> list[Path]:
    """All that the package is made of; nothing that was made."""
    found = [path for folder in ("src", "tests") for path in (SOURCES / folder).rglob("*") if path.is_file()]
    return sorted([*found, *(path for path in SOURCES.iterdir() if path.suffix in (".json", ".mjs", ".md"))])


def built_or_skip() -> Path:
    """The same as `build`, for a fixture: without Node or npm's registry the test is skipped."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node and npm; script/test gets them")
    try:
        return build()
    except NotInstalled as error:
        pytest.skip(f"npm could not fetch what the SDK is built with: {error}")


def build() -> Path:
    """The package's folder, with `dist`, `build/tests` and `node_modules`; raises `NotInstalled` and `NotBuilt`."""
    node_modules = install(SOURCES)
    digest = hashlib.sha256()
    for path in (*sources(), *LICENCES):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return made_once(f"sdk-{digest.hexdigest()[:16]}", lambda draft: _build_in(draft, node_modules)) / PLACE


def _build_in(draft: Path, node_modules: Path) -> None:
    for path in (*sources(), *LICENCES):
        copy = draft / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    (draft / PLACE / "node_modules").symlink_to(node_modules)
    for arguments in ([], ["--tests"]):
        command = ["node", "build.mjs", *arguments]
        done = subprocess.run(command, cwd=draft / PLACE, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotBuilt(done.stdout + done.stderr)
