"""An application process with the Python SDK goes through every outage, evaluating all the while."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.sdk.edge import SECRET, Edge, a_flag
from tests.evaluation.sdk.proxy import Habit, Proxy

ROOT = Path(__file__).resolve().parents[2]
# Of its thread's own time, which other programs take nothing of, 99 in 100 evaluations take this at most.
OWN_MICROSECONDS = 1_000
# By the clock the usual one too; shared machines stop whoever they like for a while, so that 99 in 100 only wait for nobody.
USUAL_MICROSECONDS, MOST_MICROSECONDS = 1_000, 20_000
MOST_MEGABYTES_MORE = 30
BAD_HABITS: tuple[Habit, ...] = ("hangs", "babbles", "tampers")
Report = dict[str, Any]

pytestmark = pytest.mark.timeout(300)


class Process:
    """The application at work. Every report is looked at: nothing raised, something evaluated, and quickly."""

    def __init__(self, url: str, store: str = "") -> None:
        command = [sys.executable, "-m", "tests.journeys.python_application", SECRET, url, store]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.reports: list[Report] = []

    def report(self) -> Report:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        time.sleep(0.5)
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        report: Report = json.loads(self._process.stdout.readline())
        assert report["raised"] == []
        assert report["evaluations"] > 0
        assert report["own_p99_us"] < OWN_MICROSECONDS
        assert report["p50_us"] < USUAL_MICROSECONDS
        assert report["p99_us"] < MOST_MICROSECONDS
        self.reports.append(report)
        return report

    def until(self, is_so: Callable[[Report], bool], seconds: float = 60.0) -> Report:
        deadline = time.monotonic() + seconds
        while not is_so(report := self.report()):
            assert time.monotonic() < deadline, report
        return report

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def end(self) -> None:
        """It ends by itself when nobody asks any more."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(30) == 0


Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Process] = []

    def run(url: str, store: str = "") -> Process:
        started.append(Process(url, store))
        return started[-1]

    yield run
    for process in started:
        process.kill()


@pytest.fixture
def edge() -> Iterator[Edge]:
    edge = Edge(checkout=a_flag())
    edge.start()
    yield edge
    edge.stop()


@pytest.fixture
def proxy(edge: Edge) -> Iterator[Proxy]:
    proxy = Proxy(edge.port, "hangs")
    yield proxy
    proxy.close()


def goes_through(habit: Habit, application: Process, edge: Edge, proxy: Proxy) -> None:
    """While the way is bad nothing changes; when it is good again, what was missed is here."""
    refused = application.reports[-1]["refused"]
    proxy.habit = habit
    proxy.cut()
    version = edge.publish(checkout=a_flag(version=3), **{habit: a_flag()})

    troubled = application.until(lambda report: report["trouble"] != "")
    assert troubled["value"] is True
    if habit == "tampers":
        application.until(lambda report: report["refused"] > refused)
    assert application.reports[-1]["version"] < version

    proxy.habit = "passes"
    proxy.cut()
    application.until(lambda report: report["version"] == version)


def test_an_application_notices_no_outage(edge: Edge, proxy: Proxy, start: Start, tmp_path: Path) -> None:
    application = start(proxy.url, str(tmp_path))
    beginning = application.until(lambda report: report["trouble"] != "")
    assert (beginning["ready"], beginning["value"]) == (False, False)

    proxy.habit = "passes"
    proxy.cut()
    before = application.until(lambda report: report["value"] is True and report["way"] == "streaming")

    edge.stop()
    application.until(lambda report: report["circuit"] == "open")
    edge.start()
    edge.publish(checkout=a_flag(version=2), other=a_flag())
    application.until(lambda report: report["version"] == 2)

    for habit in BAD_HABITS:
        goes_through(habit, application, edge, proxy)

    edge.revoke()
    revoked = application.until(lambda report: "refuses this API key" in report["trouble"])
    assert revoked["value"] is True
    assert revoked["megabytes"] < before["megabytes"] + MOST_MEGABYTES_MORE
    application.end()

    edge.stop()
    again = start(proxy.url, str(tmp_path)).report()
    assert (again["ready"], again["value"], again["state"]) == (True, True, "stale")
    edge.start()
