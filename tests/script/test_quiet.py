"""Who sits at a terminal sees answers and trouble; who keeps lines gets all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from script.places import read_places
from script.programs import programs

ROOT = Path(__file__).resolve().parents[2]
CODE = "import logging; log = logging.getLogger('flags'); log.info('published'); log.warning('trouble'); print('done')"


def command(folder: Path, **variables: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLAGFORGE_")}
    environment = {**kept, "DATABASE_URL": "", "REDIS_URL": "", "FLAGFORGE_DATA": str(folder), **variables}
    environment["DJANGO_SETTINGS_MODULE"] = "flagforge.settings.base"
    ran = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", CODE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.stdout == "done\n", ran.stderr
    return ran.stderr


def test_a_command_tells_of_trouble_alone_but_where_lines_are_kept(tmp_path: Path) -> None:
    at_a_terminal, kept = command(tmp_path), command(tmp_path, FLAGFORGE_LOG_JSON="1")

    assert "published" not in at_a_terminal
    assert "trouble" in at_a_terminal
    assert '"event": "published"' in kept


def test_programs_of_script_server_are_quiet_unless_somebody_says_how_to_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def levels() -> set[str | None]:
        found = programs(read_places({"FLAGFORGE_DATA": str(tmp_path)}))
        return {program.environment.get("FLAGFORGE_LOG_LEVEL") for program in found}

    for name in ("FLAGFORGE_LOG_LEVEL", "FLAGFORGE_LOG_JSON"):
        monkeypatch.delenv(name, raising=False)
    assert levels() == {"WARNING"}
    for name, value in (("FLAGFORGE_LOG_LEVEL", "INFO"), ("FLAGFORGE_LOG_JSON", "1")):
        with monkeypatch.context() as said:
            said.setenv(name, value)
            assert levels() == {None}, "that of the environment"
