"""The runtimes that the SDK for JavaScript promises beside the Node that is here: as npm has them, for tests alone."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.npm.install import HERE, NotInstalled, install

# Where their packages have the program, and how it is told to run a module, and a file of tests.
HABITS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "node-18": ("node-linux-*/bin/node", (), ("--test", "--test-reporter=tap")),
    "deno": ("@deno/*/deno", ("run", "-A", "--node-modules-dir=manual"), ("test", "-A", "--no-check")),
    "bun": ("@oven/*/bin/bun", ("run",), ("test",)),
}
# They ask nobody whether there is a newer one.
ALONE = {"DENO_NO_UPDATE_CHECK": "1", "DO_NOT_TRACK": "1", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Runtime:
    name: str
    program: Path

    def runs(self, module: str) -> list[str]:
        return [str(self.program), *HABITS[self.name][1], module]

    def tests(self, file: str) -> list[str]:
        return [str(self.program), *HABITS[self.name][2], file]


def surroundings(folder: Path) -> dict[str, str]:
    """Variables for a runtime's process; what it keeps, it keeps in this folder."""
    return {**os.environ, **ALONE, "DENO_DIR": str(folder / "deno")}


def found_or_skip(name: str) -> Runtime:
    """For a fixture: where npm has none for this machine, or it does not run here, the test is skipped."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node and npm; script/test gets them")
    try:
        programs = sorted(install(HERE / "runtimes").glob(HABITS[name][0]))
    except NotInstalled as error:
        pytest.skip(f"npm could not fetch {name}: {error}")
    if not programs:
        pytest.skip(f"npm has no {name} for this machine")
    try:
        subprocess.run([programs[0], "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"{name} does not run on this machine: {getattr(error, 'stderr', '') or error}")
    return Runtime(name, programs[0])
