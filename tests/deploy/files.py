"""deploy/'s own files as data: compose with every variable filled in, and the stages of the Dockerfile."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
WHOLE, DOCKERFILE = DEPLOY / "compose.yaml", DEPLOY / "docker/Dockerfile"
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}")
Service = dict[str, Any]


@cache
def fresh_env() -> dict[str, str]:
    """What new_env.py makes for a first start."""
    command = [sys.executable, str(DEPLOY / "new_env.py"), "flags.example.com"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in said.splitlines() if line and not line.startswith("#"))


def compose(path: Path, env: dict[str, str]) -> dict[str, Any]:
    """As `docker compose config` shows it. Raises KeyError for a variable that must be given."""

    def value(match: re.Match[str]) -> str:
        name, how, otherwise = match.groups()
        return env.get(name) or (otherwise if how == "-" else env[name])

    document: dict[str, Any] = yaml.safe_load(VARIABLE.sub(value, path.read_text()))
    return document


def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage, without those of the stages that it stands on."""
    text = re.sub(r"\\\n", "", "".join(line + "\n" for line in DOCKERFILE.read_text().splitlines() if line[:1] != "#"))
    found: dict[str, list[tuple[str, str]]] = {}
    for line in filter(None, text.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found[rest.rpartition(" AS ")[2]] = []
        else:
            list(found.values())[-1].append((word, rest))
    return found
