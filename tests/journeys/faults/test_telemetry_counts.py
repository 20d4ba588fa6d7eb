"""200,000 evaluations of an application behind a relay, counted exactly through everything that dies meanwhile."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.faults.installation import Installation, until
from tests.journeys.faults.shop import Shop
from tests.journeys.faults.test_worker import locked, somebody_waits

ROOT = Path(__file__).resolve().parents[3]
EVALUATIONS = 200_000
SECONDS = 90
MINUTES = "analytics_minutetally"
# What the sketch promises; a hair more, since the API tells whole nanoseconds.
ACCURACY = 0.0201
Report = dict[str, Any]


class Application:
    """The process of `counting.py`."""

    def __init__(self, shop: Shop, url: str, log: Path) -> None:
        command = [sys.executable, "-m", "tests.journeys.faults.counting", shop.server_key, url, shop.flag]
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )

    def ask(self, line: str = "") -> Report:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        report: Report = json.loads(self._process.stdout.readline())
        return report

    def until(self, is_so: Callable[[Report], bool]) -> Report:
        deadline = time.monotonic() + SECONDS
        while not is_so(report := self.ask()):
            assert time.monotonic() < deadline, report
            time.sleep(0.05)
        return report

    def told(self) -> Report:
        """All that it had to tell was taken."""
        return self.until(lambda report: report["is_told"])

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(timeout=20)
        self._log.close()


@pytest.fixture
def application(installation: Installation, shop: Shop) -> Iterator[Application]:
    shop.split(on=30, off=70)
    made = Application(shop, installation.relay.url, installation.folder / f"application-{shop.name}.log")
    yield made
    made.close()


def kill_the_worker_in_the_middle(installation: Installation, shop: Shop) -> None:
    """On PostgreSQL, while it has batches locked and a minute half written."""
    if installation.postgresql is None:
        until(lambda: shop.telemetry()["evaluations"] > 0, SECONDS, why=installation.worker.said)
        installation.worker.kill()
        return
    with locked(installation, f"LOCK TABLE {MINUTES} IN EXCLUSIVE MODE"):
        until(lambda: somebody_waits(installation, MINUTES), SECONDS, why=installation.worker.said)
        installation.worker.kill()
    until(lambda: not somebody_waits(installation, MINUTES), SECONDS)


def send_again(batch: str, shop: Shop, *urls: str) -> None:
    for url in urls:
        headers = {"X-API-Key": shop.server_key}
        answer = httpx.post(f"{url}/api/v1/sdk/events", content=batch, headers=headers, timeout=10)
        assert answer.status_code == 202


def counted(pairs: list[list[Any]], place: int) -> Counter[str]:
    sums: Counter[str] = Counter()
    for *answer, count in pairs:
        sums[answer[place]] += count
    return sums


def test_what_the_dashboard_shows_is_what_the_sdk_counted_whatever_dies_meanwhile(
    installation: Installation, shop: Shop, application: Application
) -> None:
    begun = datetime.now(UTC).isoformat()
    installation.worker.start()
    version = application.ask(f"evaluate {EVALUATIONS // 2}")["version"]
    kill_the_worker_in_the_middle(installation, shop)
    if installation.redis:
        installation.redis.kill()
        installation.redis.start()
    installation.worker.start()
    shop.switch(True)
    application.until(lambda report: report["version"] > version and not report["left"])
    application.ask(f"evaluate {EVALUATIONS // 2}")
    installation.relay.kill(signal.SIGTERM)
    installation.relay.start_and_wait()
    send_again(application.told()["last_batch"], shop, installation.relay.url, installation.places.url)

    report = application.told()
    asked = {"from": begun, "step": "minute"}
    until(
        lambda: shop.telemetry(**asked)["evaluations"] >= EVALUATIONS,
        SECONDS,
        why=lambda: (shop.telemetry(**asked), installation.relay.status()["telemetry"], installation.worker.said()),
    )
    time.sleep(6)  # a fold more, in which nothing may be counted again
    flag, environment = shop.telemetry(flag=shop.flag, **asked), shop.telemetry(**asked)

    assert report["answered"] == report["sdk_counted"]
    assert flag["evaluations"] == sum(point["evaluations"] for point in flag["points"]) == EVALUATIONS
    assert flag["variants"] == counted(report["answered"], 0)
    assert flag["reasons"] == counted(report["answered"], 1)
    assert len(flag["reasons"]) == 2, "the split, and all of them on"
    assert flag["exposures"] == report["exposed"]
    assert environment["unknown_flags"] == [{"key": "gone", "n": report["unknown"]}]
    assert environment["cache"]["fresh"] == EVALUATIONS
    assert_percentiles(environment["latency"], report["durations"])


def assert_percentiles(told: dict[str, int], durations: list[int]) -> None:
    """Against the durations themselves, which the application wrote down."""
    assert told["timed"] == len(durations) > EVALUATIONS / 100
    for name, share in (("p50_ns", 0.5), ("p95_ns", 0.95), ("p99_ns", 0.99)):
        truth = durations[int(share * (len(durations) - 1))]
        assert told[name] == pytest.approx(truth, rel=ACCURACY), name
