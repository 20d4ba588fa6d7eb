"""Gets the peers from PyPI into environments of their own, outside of what FlagForge itself needs, and runs them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

FOLDER = Path("var/peers")
# Module here, package on PyPI.
PACKAGES = {
    "flagd": "openfeature-flagd-core",
    "flagsmith": "flagsmith-flag-engine",
    "growthbook": "growthbook",
    "launchdarkly": "launchdarkly-server-sdk",
    "posthog": "posthog",
    "unleash": "UnleashClient",
}
INSTALL_SECONDS, RUN_SECONDS = 300, 120


@dataclass(frozen=True)
class Measured:
    """What a peer took for each case, in nanoseconds per run."""

    name: str
    times: dict[str, list[float]]

    def median(self, case: str) -> float:
        return median(self.times[case])


def measured(notes: list[str]) -> Iterator[Measured]:
    """Every peer that can be had; of the others the notes say why not."""
    for module, package in PACKAGES.items():
        try:
            python = _environment(module, package)
            output = _run([python, "-m", "script.benches._peers", module, package], RUN_SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            notes.append(f"{package} could not be measured: {_reason(error)}")
            continue
        found = json.loads(output)
        yield Measured(f"{package} {found['version']}", found["times"])


def _environment(module: str, package: str) -> str:
    """The Python that has the package; made the first time, and kept."""
    python = FOLDER / module / "bin" / "python"
    if not python.exists():
        print(f"installing {package} into {python.parents[1]} ...", file=sys.stderr)
        _run([sys.executable, "-m", "venv", "--clear", str(FOLDER / module)], INSTALL_SECONDS)
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package], INSTALL_SECONDS)
    return str(python)


def _run(command: list[str], seconds: int) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds).stdout


def _reason(error: Exception) -> str:
    said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
    return said[-1] if said else type(error).__name__
