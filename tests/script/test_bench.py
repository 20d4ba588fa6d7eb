"""script/bench finds benches by their files, shows tables and keeps JSON."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from script.benches._report import Table, commit, shown

ROOT = Path(__file__).resolve().parents[2]
BENCH = '''"""How fast nothing is.

More words."""
from script.benches._report import Table

PACKAGES = ["bash"]

def measure() -> Table:
    table = Table(["what", "ns"], notes=["measured on paper"])
    table.add("nothing", 12.345)
    return table
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "script", tmp_path / "script")
    tmp_path.joinpath("script/benches/nothing.py").write_text(BENCH)
    return tmp_path


def bench(project: Path, *names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "script.benches", *names],
        cwd=project,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_bench_is_a_file_with_a_title_and_a_measure(project: Path) -> None:
    done = bench(project, "nothing")

    report = json.loads(project.joinpath("bench-results/nothing.json").read_text())

    assert done.returncode == 0
    assert "nothing: How fast nothing is.\nwhat       ns\nnothing  12.3\n  measured on paper\n" in done.stdout
    assert report["rows"] == [{"what": "nothing", "ns": 12.345}]
    assert report["machine"]["python"] == f"CPython {sys.version.split()[0]}"
    assert report["machine"]["commit"] is None


def test_an_unknown_bench_is_refused_with_the_names_there_are(project: Path) -> None:
    done = bench(project, "nothing", "nonsense")

    assert done.returncode == 2
    assert "unknown bench nonsense; there is:" in done.stderr
    assert "nothing" in done.stderr


def test_a_row_must_fit_its_columns() -> None:
    with pytest.raises(ValueError, match="a row of 1 cells under 2 columns"):
        Table(["a", "b"]).add(1)


def test_a_table_without_rows_still_has_a_head() -> None:
    assert Table(["a", "b"]).text() == "a  b"


@pytest.mark.parametrize(
    ("cell", "text"), [(1234567, "1,234,567"), (1234.5, "1,234"), (0.01234, "0.0123"), (None, "-")]
)
def test_numbers_are_shown_as_people_read_them(cell: float | None, text: str) -> None:
    assert shown(cell) == text


def test_the_commit_is_named_and_marked_when_the_tree_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("file").touch()
    git("init", "--quiet")
    git("add", "file")
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "One")
    head = git("rev-parse", "--short=12", "HEAD")

    clean = commit()
    tmp_path.joinpath("file").write_text("changed")

    assert (clean, commit()) == (head, f"{head}+")


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()
