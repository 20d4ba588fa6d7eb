"""The work of script/test: the checks, then the tests on SQLite beside the same on PostgreSQL and Redis; one verdict."""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from script.services import (
    DATABASE_VARIABLE,
    FAILURES,
    REDIS_VARIABLE,
    Command,
    Services,
    exit_code_of,
    private_services,
)

SERVICE_VARIABLES = {"DATABASE_URL": DATABASE_VARIABLE, "REDIS_URL": REDIS_VARIABLE}
NOTHING_COLLECTED = 5
NO_SERVICES = "not postgresql"
NOT_SLOW = "not slow"
# What touches no database, or starts what it needs by itself: more waiting than work, so it runs beside the rest.
ALONE = "alone"
# What is the same on every database runs on one of them, unless there is time for everything: people's doors on the quicker
# one; programs', and whole installations, on the one that has walls between organizations. tests/lanes.py says which those are.
PAGES, DOORS = "pages", "doors"


@dataclass(frozen=True)
class Run:
    """One way to run all tests."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Result:
    """How one part went; `words` is the line that the summary shows."""

    name: str
    exit_code: int
    words: str


def main() -> int:
    options, pytest_arguments = _arguments()
    for variable in SERVICE_VARIABLES:  # what somebody's shell has set must not turn the SQLite run into another
        os.environ.pop(variable, None)
    try:
        if options.quick:
            return subprocess.call(pytest_command([NO_SERVICES, *options.markers], pytest_arguments))
        with private_services() as services:
            results = run_everything(services, options.markers, pytest_arguments)
    except FAILURES as error:
        return exit_code_of(error)
    return conclude(results)


def run_everything(services: Services, markers: Sequence[str], arguments: Sequence[str]) -> list[Result]:
    """All parts, whatever the first ones say: who waits for the end wants to know everything."""
    second = {
        "DATABASE_URL": services.environment[DATABASE_VARIABLE],
        "REDIS_URL": services.environment[REDIS_VARIABLE],
    }
    return [
        run_check(services),
        *run_tests(
            services,
            Run(
                "SQLite", pytest_command([NO_SERVICES, f"not {ALONE}", *_but(markers, DOORS), *markers], arguments), {}
            ),
            Run("PostgreSQL and Redis", pytest_command([*_but(markers, ALONE, PAGES), *markers], arguments), second),
            Run("no database", pytest_command([ALONE, NO_SERVICES, *markers], arguments), {}),
        ),
    ]


def _but(markers: Sequence[str], *those: str) -> list[str]:
    """What needs PostgreSQL runs there in any case; where there is time, everything does, what a person does in a browser too."""
    return [f"not {each} or postgresql" for each in those] if NOT_SLOW in markers else []


def run_check(services: Services) -> Result:
    started = time.monotonic()
    (code,) = services.run(Command(["script/check"]))
    return Result("script/check", code, f"{'failed' if code else 'passed'} in {time.monotonic() - started:.1f}s")


def run_tests(services: Services, *runs: Run) -> list[Result]:
    """Side by side, since one alone leaves half of a small machine idle: the first is watched, the others are told afterwards."""
    first, *others = runs
    print(f"\n=== pytest on {first.name} (beside it, told afterwards: {_listed(others)}) ===", flush=True)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flagforge-report-")))
        reports = [folder / f"{number}.xml" for number in range(len(runs))]
        told: list[IO[bytes] | None] = [None, *(stack.enter_context(tempfile.TemporaryFile()) for _ in others)]
        codes = services.run(
            *(
                Command([*run.command, f"--junit-xml={report}"], run.environment, output)
                for run, report, output in zip(runs, reports, told, strict=True)
            )
        )
        for run, output in zip(runs, told, strict=True):
            _tell(run, output)
        return [
            Result(f"pytest on {run.name}", code, words_of(report, code))
            for run, report, code in zip(runs, reports, codes, strict=True)
        ]


def _listed(runs: Sequence[Run]) -> str:
    return ", ".join(run.name for run in runs)


def _tell(run: Run, output: IO[bytes] | None) -> None:
    """What a run said that nobody has seen yet."""
    if output is not None:
        print(f"\n=== pytest on {run.name} ===", flush=True)
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout.buffer)
        sys.stdout.flush()


def words_of(report: Path, code: int) -> str:
    """pytest's last line once more, from its own report; without one (it broke off early) only the exit code."""
    try:
        suite = ElementTree.parse(report).find("testsuite")  # noqa: S314  (pytest has just written it)
    except (OSError, ElementTree.ParseError):
        suite = None
    if suite is None:
        return f"ended with exit code {code}"
    failed, errors, skipped = (int(suite.get(name, 0)) for name in ("failures", "errors", "skipped"))
    passed = int(suite.get("tests", 0)) - failed - errors - skipped
    counts = {"failed": failed, "errors": errors, "passed": passed, "skipped": skipped}
    shown = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "no tests ran"
    return f"{shown} in {float(suite.get('time', 0)):.1f}s"


def conclude(results: Sequence[Result]) -> int:
    """Print the verdict. A run in which no test was chosen is well as long as another run had some."""
    width = max(len(result.name) for result in results)
    print("\n=== script/test ===")
    for result in results:
        print(f"{result.name:<{width}}  {result.words}")
    codes = [result.exit_code for result in results[1:]]
    if all(code == NOTHING_COLLECTED for code in codes):
        return NOTHING_COLLECTED
    codes = [0 if code == NOTHING_COLLECTED else code for code in codes]
    return 1 if any([results[0].exit_code, *codes]) else 0


def pytest_command(markers: Sequence[str], arguments: Sequence[str]) -> list[str]:
    expression = " and ".join(f"({marker})" for marker in markers)
    return [sys.executable, "-m", "pytest", *(["-m", expression] if expression else []), *arguments]


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="script/test",
        description="Runs the checks and every test, on SQLite and on a private PostgreSQL and Redis. "
        "Other arguments go to pytest, in both runs.",
    )
    parser.add_argument("--quick", action="store_true", help="no checks, no services: pytest on SQLite alone")
    parser.add_argument(
        "--slow",
        action="store_true",
        help="long simulations, fault drills and soaks too, and every door on both databases",
    )
    parser.add_argument("-m", dest="wanted", metavar="MARKERS", help="as pytest's; asked for together with ours")
    options, others = parser.parse_known_args()
    options.markers = [*([] if options.slow else [NOT_SLOW]), *([options.wanted] if options.wanted else [])]
    return options, others


if __name__ == "__main__":
    sys.exit(main())
