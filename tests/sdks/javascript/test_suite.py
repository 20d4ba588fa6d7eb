"""The package's own tests, in Node: the vectors, what the Python core says, and an upstream that does everything wrong."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf, isfinite
from pathlib import Path
from typing import Any

import pytest

from evaluation.core.canonical import canonical
from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate_all
from evaluation.core.manifest import read_manifest
from evaluation.sdk.telemetry.sketch import Sketch
from tests.evaluation.core.test_refusals import CASES as REFUSALS
from tests.evaluation.core.test_vectors import ANY_TIME, VECTORS, shown
from tests.evaluation.core.worlds import World
from tests.npm.sdk import SOURCES

SUITES = sorted(path.name.removesuffix(".test.ts") for path in (SOURCES / "tests").glob("*.test.ts"))
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
WORLDS, CONTEXTS = range(60), 50
(TABLE_OF_UNICODE,) = re.findall(r'UNICODE = "([\d.]+)"', (SOURCES / "src/core/case_folding_table.ts").read_text())
# Nanoseconds: a clock that did not move, and up to some minutes.
DURATIONS = [0, *(int(1.013**power) for power in range(2_000))]
MAX_DOUBLE = int(sys.float_info.max)

pytestmark = pytest.mark.timeout(600)  # the first of all tests with the SDK builds it


@pytest.fixture(scope="session")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Python SDK says about random worlds, bodies that are refused on write, letters, and durations."""
    path = tmp_path_factory.mktemp("agreement") / "said.json"
    letters = {chr(code): chr(code).casefold() for code in range(sys.maxunicode + 1) if _is_settled(chr(code))}
    said = {
        "worlds": [_world(seed) for seed in WORLDS],
        "readable": [_readable(case) for case in REFUSALS if case["kind"] != "variants"],
        "folded": letters,
        "durations": DURATIONS,
        "sketch": _sketch(),
    }
    path.write_text(json.dumps(said))
    return path


def _sketch() -> str:
    sketch = Sketch()
    for nanoseconds in DURATIONS:
        sketch.add(nanoseconds)
    return sketch.as_text()


def _is_settled(letter: str) -> bool:
    """Whether the table knows the letter, which it does if an older Unicode did: its case never changes any more."""
    known = unicodedata if unicodedata.unidata_version == TABLE_OF_UNICODE else unicodedata.ucd_3_2_0
    return known.category(letter)[0] == "L"


def _world(seed: int) -> dict[str, Any]:
    world = World(seed)
    manifest = world.manifest()
    ruleset = read_manifest(canonical(manifest))
    questions = []
    for _ in range(CONTEXTS):
        context, client = _in_doubles(world.context()), world.chance(0.3)
        answers = evaluate_all(ruleset, context_from(context), NOW, client=client)
        told = {answer.key: shown(answer) for answer in answers}
        questions.append({"context": _sendable(context), "client": client, "answers": told})
    return {"manifest": manifest, "now": NOW.timestamp() * 1000, "questions": questions}


def _in_doubles(context: Any) -> Any:
    """Without integers that no double holds: only Python has those."""
    return _each(context, lambda value: inf if isinstance(value, int) and abs(value) > MAX_DOUBLE else value)


def _sendable(context: Any) -> Any:
    """NaN and infinities, which only a program can put into a context, as texts that nothing else is."""
    return _each(context, lambda value: f"\0{value}" if isinstance(value, float) and not isfinite(value) else value)


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _each(member, change) for name, member in value.items()}
    return [_each(element, change) for element in value] if isinstance(value, list) else change(value)


def _readable(case: dict[str, Any]) -> dict[str, Any]:
    """Whether the core reads a body that the control plane refuses: an older one may have written it."""
    flag = {"type": "boolean", "variants": {"on": True, "off": False}, "salt": "s", "enabled": True, "version": 1}
    body = case["body"] if isinstance(case["body"], dict) else {}
    flags, segments = ({"x": {**flag, **body}}, {}) if case["kind"] == "config" else ({}, {"x": body})
    if case["kind"] == "segment":
        flags = {"x": {**flag, "rules": [{"id": "r", "if": {"segment": "x"}, "serve": {"variant": "on"}}]}}
    manifest = {"format": 1, "environment": "e", "version": 1, "issued": ANY_TIME, "flags": flags, "segments": segments}
    readable = not read_manifest(json.dumps(manifest).encode()).unreadable
    return {"name": case["name"], "manifest": manifest, "isReadable": readable}


@pytest.mark.parametrize("suite", SUITES)
def test_suite(suite: str, package: Path, agreement: Path) -> None:
    environment = {**os.environ, "VECTORS": str(VECTORS), "AGREEMENT": str(agreement)}
    command = ["node", "--test", "--test-reporter=tap", f"build/tests/{suite}.test.mjs"]

    done = subprocess.run(
        command, cwd=package, env=environment, capture_output=True, text=True, check=False, timeout=110
    )

    assert done.returncode == 0, "\n".join(_failures(done.stdout)) + done.stderr
    assert "# skipped 0" in done.stdout


def _failures(tap: str) -> list[str]:
    """Each failure's own lines."""
    parts = tap.replace("\nok ", "\nnot ok ").split("\nnot ok ")
    return [part for part in parts if "failureType" in part]
