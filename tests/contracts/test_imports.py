"""Each import contract fails when its rule is broken: proven once per contract, on a copy of the tree."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["flagforge", "analytics", "evaluation", "flags", "tenants"]

BREACHES = {
    "Apps import one way": ("tenants/roles.py", "import flags.querysets"),
    "The data plane imports one way": ("evaluation/core/bucketing.py", "from ..wire import replies"),
    "The data plane is pure": ("evaluation/wire/replies.py", "import django"),
    "The control plane knows the core alone": ("flags/allocation.py", "import evaluation.wire.replies"),
    "The rule language is pure": ("flags/language/words.py", "import django.conf"),
    "The statistics are pure": ("analytics/statistics/effects.py", "import analytics.models"),
    "The audit chain is pure": ("tenants/chain/entries.py", "import django.conf"),
    "Tenants know nothing of flags": ("tenants/keys.py", "import evaluation.core.values"),
    "Only tenants.permissions speaks to guardian": ("flags/querysets.py", "import guardian.shortcuts"),
    "Services call no tasks and no doors": ("flags/services/flags.py", "import tenants.tasks"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_has_its_breach_here() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

    assert {contract["name"] for contract in contracts} == set(BREACHES)


def test_the_tree_as_it_is_keeps_every_contract(tree: Path) -> None:
    result = lint(tree)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_is_found(contract: str, tree: Path) -> None:
    file, line = BREACHES[contract]
    with (tree / file).open("a") as module:
        module.write(f"\n{line}\n")

    result = lint(tree)

    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout
