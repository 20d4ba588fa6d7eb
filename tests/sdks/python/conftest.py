"""The wheel flagforge-sdk, built and installed into an environment that has nothing else."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 300


@dataclass(frozen=True)
class Installed:
    """An environment with the SDK, and the wheel that it came from."""

    folder: Path
    wheel: Path

    def run(self, command: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the environment, in a folder where nothing of this repository can be imported."""
        program = str(self.folder / "bin" / command)
        return subprocess.run(
            [program, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT / "sdks/python")
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """With all that the relay needs. Made once per run."""
    return _installed(wheel, "[relay]", tmp_path_factory.mktemp("sdk"))


@pytest.fixture(scope="session")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Without any extra."""
    return _installed(wheel, "", tmp_path_factory.mktemp("bare"))


def _installed(wheel: Path, extras: str, folder: Path) -> Installed:
    """What the SDK depends on comes in the versions that are pinned here."""
    _run([sys.executable, "-m", "venv", str(folder / "venv")], cwd=folder)
    made = Installed(folder / "venv", wheel)
    pinned = folder / "pinned.txt"
    pinned.write_text(re.sub(r"\[.+\]", "", (ROOT / "requirements/base.txt").read_text()))  # pip refuses extras there
    done = made.run("pip", "install", "--quiet", "-c", str(pinned), f"{wheel}{extras}")
    assert done.returncode == 0, done.stderr
    return made


def _run(command: list[str], *, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
