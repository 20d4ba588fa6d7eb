"""script/packages asks Debian's apt-get, played here by one that writes down what it is asked."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "script/packages"
APT = """#!/bin/sh
echo "$@" >>"$ASKED"
[ "$OUTCOME" = fails ] && echo "E: no such thing" && exit 100
exit 0
"""
SUDO = '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n'


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """Where the stand-in for apt-get notes its arguments."""
    for name, text in (("apt-get", APT), ("sudo", SUDO)):
        tmp_path.joinpath(name).write_text(text)
        tmp_path.joinpath(name).chmod(0o755)
    return tmp_path / "asked"


def packages(asked: Path, *names: str, outcome: str = "works") -> tuple[int, str]:
    environment = {
        **os.environ,
        "PATH": f"{asked.parent}:{os.environ['PATH']}",
        "ASKED": str(asked),
        "OUTCOME": outcome,
    }
    done = subprocess.run([str(SCRIPT), *names], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_what_is_there_is_not_asked_for(asked: Path) -> None:
    assert packages(asked, "bash", "sed") == (0, "")
    assert not asked.exists()


def test_only_what_is_missing_is_installed_from_a_fresh_list(asked: Path) -> None:
    code, _words = packages(asked, "bash", "flagforge-missing-1", "flagforge-missing-2")

    update, install = asked.read_text().splitlines()

    assert code == 0
    assert update.endswith(" update")
    assert install.endswith(" install -y --no-install-recommends flagforge-missing-1 flagforge-missing-2")


@pytest.mark.parametrize(("package", "program"), [("nodejs", "node"), ("npm", "npm"), ("chromium", "google-chrome")])
def test_a_package_is_there_when_its_program_is(package: str, program: str, asked: Path) -> None:
    bare = {"PATH": str(asked.parent), "ASKED": str(asked), "OUTCOME": "works"}
    for tool in ("bash", "env", "mktemp", "rm", "sh"):
        (asked.parent / tool).symlink_to(shutil.which(tool) or tool)
    command = ["bash", str(SCRIPT), package]

    subprocess.run(command, env=bare, check=True, capture_output=True)
    (asked.parent / program).symlink_to("/bin/true")
    subprocess.run(command, env=bare, check=True, capture_output=True)

    assert [line.rpartition(" ")[2] for line in asked.read_text().splitlines()] == ["update", package]


def test_a_failure_shows_apts_words_and_the_command_to_try(asked: Path) -> None:
    code, words = packages(asked, "flagforge-missing", outcome="fails")

    assert code == 1
    assert "E: no such thing" in words
    assert "apt-get install -y --no-install-recommends flagforge-missing" in words
