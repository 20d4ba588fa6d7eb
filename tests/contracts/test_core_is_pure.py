"""The core decides and does nothing else: no framework, no clock, no file, no log."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "evaluation" / "core"
SOURCES = sorted(CORE.rglob("*.py"))
BLOCKED = ["django", "rest_framework", "celery", "channels", "redis"]
ALLOWED_PACKAGES = {"mmh3", "re2"}
FORBIDDEN_MODULES = {
    "asyncio",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "threading",
    "time",
    "uuid",
}
FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}
# It compiles texts that it wrote itself, into which nothing of a document comes: see docs/decisions/0009.
COMPILES = CORE / "compile" / "shapes.py"
CLOCKS = {"now", "utcnow", "today", "fromtimestamp"}

PROGRAM = """
import importlib, pkgutil, sys
from datetime import UTC, datetime

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError(name + " is not for the core")

sys.meta_path.insert(0, Wall())
import evaluation.core
names = [module.name for module in pkgutil.walk_packages(evaluation.core.__path__, "evaluation.core.")]
for name in names:
    importlib.import_module(name)
assert "re2" not in sys.modules, "re2 is loaded before a pattern needs it"

from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate
from evaluation.core.manifest import read_manifest

ruleset = read_manifest(b'''{{"format": 1, "environment": "e", "version": 1, "flags": {{"a": {{
    "type": "string", "variants": {{"x": "yes", "y": "no"}},
    "enabled": true, "fallthrough": {{"variant": "y"}},
    "rules": [{{"id": "r1",
    "if": {{"attribute": "p", "op": "matches", "values": ["^a+$"]}}, "serve": {{"variant": "x"}}}}]}}}}}}''')
print(len(names), evaluate(ruleset, "a", context_from({{"p": "aaa"}}), datetime.now(UTC)).value)
"""


def test_core_works_where_no_framework_can_be_imported() -> None:
    program = PROGRAM.format(blocked=BLOCKED)

    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=CORE.parents[1], capture_output=True, text=True
    )

    assert run.stderr == ""
    assert run.stdout.split() == [str(len(SOURCES) - 1), "yes"]


def test_the_wall_would_hold_back_a_framework() -> None:
    program = PROGRAM.format(blocked=BLOCKED).replace("import evaluation.core\n", "import django\n")

    run = subprocess.run([sys.executable, "-c", program], cwd=CORE.parents[1], capture_output=True, text=True)

    assert "django is not for the core" in run.stderr


@pytest.mark.parametrize("source", SOURCES, ids=[str(path.relative_to(CORE)) for path in SOURCES])
def test_core_neither_reads_the_clock_nor_touches_the_world(source: Path) -> None:
    assert impurities(source.read_text()) == (["exec"] if source == COMPILES else [])


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "import os.path",
        "from logging import getLogger",
        "from django.conf import settings",
        "import requests",
        "from evaluation.core import values",
        "print(1)",
        "open('x')",
        "datetime.now(UTC)",
        "date.today()",
    ],
)
def test_an_impurity_is_found(text: str) -> None:
    assert len(impurities(text)) == 1


def impurities(text: str) -> list[str]:
    return [found for node in ast.walk(ast.parse(text)) for found in [*foreign_imports(node), *worldly_calls(node)]]


def foreign_imports(node: ast.AST) -> list[str]:
    names = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        names = [node.module or ""]
    roots = {name.partition(".")[0] for name in names}
    return sorted(
        root for root in roots if root in FORBIDDEN_MODULES or root not in sys.stdlib_module_names | ALLOWED_PACKAGES
    )


def worldly_calls(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Call):
        return []
    called = node.func
    if isinstance(called, ast.Name) and called.id in FORBIDDEN_CALLS:
        return [called.id]
    return [called.attr] if isinstance(called, ast.Attribute) and called.attr in CLOCKS else []
