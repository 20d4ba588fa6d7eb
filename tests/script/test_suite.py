"""script/test's own work: both runs, one verdict."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from script.suite import Result, conclude, words_of

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import os
import pytest

def test_everywhere():
    print("DATABASE", os.environ.get("DATABASE_URL"), "REDIS", os.environ.get("REDIS_URL"))

@pytest.mark.postgresql
def test_on_postgresql_only():
    assert os.environ["DATABASE_URL"].startswith("postgresql://")

@pytest.mark.slow
def test_slow():
    pass

@pytest.mark.alone
def test_alone():
    print("ALONE", os.environ.get("DATABASE_URL", "on SQLite")[:10])

@pytest.mark.pages
def test_pages():
    print("PAGES", os.environ.get("DATABASE_URL", "on SQLite")[:10])

@pytest.mark.doors
def test_doors():
    print("DOORS", os.environ.get("DATABASE_URL", "on SQLite")[:10])

@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="here")
def test_fails_on_sqlite():
    assert "BREAK" not in os.environ
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with seven tests and a check that passes."""
    tmp_path = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "script", tmp_path / "script")
    tmp_path.joinpath("script/check").write_text("#!/bin/sh\necho checked\n")
    tmp_path.joinpath("test_it.py").write_text(TESTS)
    tmp_path.joinpath("pytest.ini").write_text(
        "[pytest]\naddopts = -s -p no:django -p no:randomly\n"
        "markers =\n    slow: s\n    postgresql: p\n    alone: a\n    pages: p\n    doors: d\n"
    )
    return tmp_path


@pytest.fixture(scope="module")
def usual(project: Path) -> tuple[int, list[str]]:
    """A run without options."""
    return run_suite(project)


def run_suite(project: Path, *arguments: str, **environment: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "script.suite", *arguments],
        cwd=project,
        env={**os.environ, "DATABASE_URL": "sqlite:///of-the-shell", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def test_all_parts_run_and_the_verdict_stands_at_the_end(usual: tuple[int, list[str]]) -> None:
    code, lines = usual
    text = "\n".join(lines)

    assert code == 0
    assert "checked" in lines
    assert "DATABASE None REDIS None" in text
    assert "DATABASE postgresql://flagforge@127.0.0.1:" in text
    assert [line.split(" in ")[0] for line in lines[-4:]] == [
        "script/check                    passed",
        "pytest on SQLite                3 passed",
        "pytest on PostgreSQL and Redis  3 passed, 1 skipped",
        "pytest on no database           1 passed",
    ]


def test_a_failure_on_sqlite_does_not_hide_what_postgresql_says(project: Path) -> None:
    code, lines = run_suite(project, BREAK="yes")

    assert code == 1
    assert "1 failed, 2 passed" in lines[-3]
    assert "3 passed, 1 skipped" in lines[-2]
    assert "1 passed" in lines[-1]


def test_quick_asks_nothing_but_pytest(project: Path) -> None:
    code, lines = run_suite(project, "--quick", "--slow", "-m", "slow")

    assert code == 0
    assert "checked" not in lines
    assert "1 passed, 6 deselected" in lines[-1]


def test_each_door_is_tried_on_one_database_and_on_both_where_there_is_time(
    project: Path, usual: tuple[int, list[str]]
) -> None:
    doors = (
        "PAGES on SQLite",
        "DOORS postgresql",
        "ALONE on SQLite",
        "PAGES postgresql",
        "DOORS on SQLite",
        "ALONE postgresql",
    )
    _, lines = run_suite(project, "--slow")

    assert [door in "\n".join(usual[1]) for door in doors] == [True, True, True, False, False, False]
    assert all(door in "\n".join(lines) for door in doors)
    assert [line.split(" in ")[0] for line in lines[-3:-1]] == [
        "pytest on SQLite                5 passed",
        "pytest on PostgreSQL and Redis  6 passed, 1 skipped",
    ]


def test_a_run_without_tests_is_well_when_the_other_had_some() -> None:
    results = [Result("check", 0, ""), Result("first", 5, ""), Result("second", 0, "")]

    assert conclude(results) == 0
    assert conclude([results[0], results[1], results[1]]) == 5
    assert conclude([Result("check", 1, ""), *results[1:]]) == 1


def test_without_a_report_the_exit_code_is_told(tmp_path: Path) -> None:
    assert words_of(tmp_path / "none.xml", 4) == "ended with exit code 4"
