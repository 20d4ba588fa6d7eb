"""script/bootstrap makes the environment once, and makes it whole again after every kind of accident."""

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with one requirement, `tiny`, which lies beside it as a wheel in two versions."""
    folder = tmp_path / "the clone"
    shutil.copytree(ROOT / "script", folder / "script")
    (folder / "requirements").mkdir()
    for version in ("1.0", "1.1"):
        make_wheel(tmp_path, version)
    require(folder, "1.0")
    folder.joinpath("requirements/dev.txt").write_text("-r base.txt\n")
    return folder


def make_wheel(folder: Path, version: str) -> None:
    about = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(folder / f"tiny-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", f"version = '{version}'\n")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


def require(clone: Path, version: str) -> None:
    clone.joinpath("requirements/base.txt").write_text(f"--no-index\n--find-links {clone.parent}\ntiny=={version}\n")


def start(clone: Path, wanted: str = "base", **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(clone / "script/bootstrap"), wanted],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def bootstrap(clone: Path, wanted: str = "base", **environment: str) -> tuple[int, str]:
    process = start(clone, wanted, **environment)
    output, _nothing = process.communicate(timeout=90)
    return process.returncode, output


def installed(clone: Path) -> str:
    """The version of tiny as the clone's own Python sees it."""
    command = [str(clone / ".venv/bin/python"), "-c", "import tiny; print(tiny.version)"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_only_a_change_makes_it_work_again(clone: Path) -> None:
    first_code, first = bootstrap(clone, "dev")
    versions = [installed(clone)]
    again = [bootstrap(clone, "dev"), bootstrap(clone, "base")]
    require(clone, "1.1")
    _code, changed = bootstrap(clone)
    versions.append(installed(clone))

    assert (first_code, "Making .venv" in first) == (0, True)
    assert again == [(0, ""), (0, "")]
    assert "Making" not in changed
    assert "Installing requirements/base.txt" in changed
    assert versions == ["1.0", "1.1"]


@pytest.mark.slow
def test_an_install_that_was_killed_heals(clone: Path) -> None:
    process = start(clone)
    unfinished = clone / ".venv/.flagforge-unfinished"
    while not unfinished.exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    # The worst that pip can leave: a package that looks installed and is not.
    site = next(clone.glob(".venv/lib/python*/site-packages"))
    site.joinpath("tiny-1.0.dist-info").mkdir(exist_ok=True)
    site.joinpath("tiny-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")

    code, _output = bootstrap(clone)

    assert code == 0
    assert installed(clone) == "1.0"
    assert not unfinished.exists()


@pytest.mark.slow
def test_two_at_once_make_one_environment(clone: Path) -> None:
    both = [start(clone), start(clone)]
    outputs = [process.communicate(timeout=90)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert "".join(outputs).count("Making .venv") == 1
    assert installed(clone) == "1.0"


@pytest.mark.slow
def test_a_moved_clone_gets_an_environment_of_its_own(clone: Path) -> None:
    bootstrap(clone)
    moved = clone.rename(clone.with_name("moved"))

    code, output = bootstrap(moved)

    assert code == 0
    assert "Making .venv" in output
    assert installed(moved) == "1.0"


def test_requirements_that_cannot_be_had_leave_no_claim_of_success(clone: Path) -> None:
    bootstrap(clone)
    require(clone, "9.9")

    code, output = bootstrap(clone)

    assert code == 1
    assert "tiny==9.9" in output
    assert "pip could not install requirements/base.txt" in output
    assert bootstrap(clone)[0] == 1


def test_a_python_that_is_too_old_is_named(clone: Path) -> None:
    old = clone.parent / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)

    code, output = bootstrap(clone, FLAGFORGE_PYTHON=str(old))

    assert code == 1
    assert output == f"FLAGFORGE_PYTHON={old} is no Python 3.11 or newer: Python 3.9.2\n"


def test_a_python_without_venv_gets_it_from_debians_packages(clone: Path) -> None:
    tools, module = clone.parent / "tools", clone.parent / "venv-module"
    tools.mkdir()
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for tool, text in {
        name: f'case "$*" in *ensurepip,*) [ -e "{module}" ] || exit 1;; esac\nexec "{sys.executable}" "$@"\n',
        "apt-get": f'case "$*" in *" install "*{name}-venv) touch "{module}";; esac\n',
        "sudo": '[ "$1" = -n ] && shift\nexec "$@"\n',
    }.items():
        tools.joinpath(tool).write_text(f"#!/bin/sh\n{text}")
        tools.joinpath(tool).chmod(0o755)

    code, output = bootstrap(clone, FLAGFORGE_PYTHON=str(tools / name), PATH=f"{tools}:{os.environ['PATH']}")

    assert code == 0
    assert f"Installing from Debian's packages: {name}-venv" in output
    assert installed(clone) == "1.0"


def test_unknown_requirements_are_refused(clone: Path) -> None:
    assert bootstrap(clone, "all") == (2, 'script/bootstrap: unknown requirements "all"; allowed: base, dev.\n')
