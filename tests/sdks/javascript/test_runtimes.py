"""The package's tests in the other runtimes that it promises: the vectors, and both clients at servers on real sockets."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.evaluation.core.test_vectors import CASES, VECTORS
from tests.npm.runtimes import HABITS, Runtime, found_or_skip, surroundings

LEAST = {"core": len(CASES), "local": 14, "remote": 20}

pytestmark = pytest.mark.timeout(600)  # the first of all tests with the SDK builds it


@pytest.fixture(scope="module", params=HABITS)
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return found_or_skip(request.param)


def test_it_is_the_one_that_is_promised(runtime: Runtime) -> None:
    said = subprocess.run([runtime.program, "--version"], capture_output=True, text=True, check=True).stdout

    assert re.match({"node-18": r"v18\.", "deno": r"deno \d", "bun": r"\d"}[runtime.name], said)


@pytest.mark.parametrize("suite", LEAST)
def test_suite(suite: str, runtime: Runtime, package: Path, tmp_path: Path) -> None:
    environment = {**surroundings(tmp_path), "VECTORS": str(VECTORS)}
    command = runtime.tests(f"./build/tests/{suite}.test.mjs")

    done = subprocess.run(
        command, cwd=package, env=environment, capture_output=True, text=True, check=False, timeout=110
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-10_000:]
    passed = re.findall(r"^# pass (\d+)$|\b(\d+) pass(?:ed)?\b", said, re.MULTILINE)
    assert max(int(number) for pair in passed for number in pair if number) >= LEAST[suite]
