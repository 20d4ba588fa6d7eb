"""A whole installation with a port for metrics at each process, and a real Prometheus that looks at them."""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from script.places import HOST, Places, free_port
from script.programs import programs
from tests.journeys.conftest import surroundings

ROOT = Path(__file__).resolve().parents[3]
PROMETHEUS = shutil.which("prometheus")


@contextlib.contextmanager
def worker(folder: Path, variables: Mapping[str, str]) -> Iterator[Path]:
    """Its log."""
    places, log = Places(HOST, free_port(), free_port(), folder), folder / "worker.log"
    program = next(program for program in programs(places) if program.name == "worker")
    with (
        log.open("w") as output,
        started(program.command, {**surroundings(), **program.environment, **variables}, output),
    ):
        yield log


@contextlib.contextmanager
def prometheus(folder: Path, targets: Mapping[str, int]) -> Iterator[str]:
    """Its address, once each target was scraped."""
    port, file = free_port(), folder / "prometheus.yml"
    jobs = [{"job_name": name, "static_configs": [{"targets": [f"{HOST}:{at}"]}]} for name, at in targets.items()]
    rules = [str(ROOT / "deploy/prometheus/rules/*.yml")]
    timing = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    file.write_text(json.dumps({"global": timing, "rule_files": rules, "scrape_configs": jobs}))
    where = ("--storage.tsdb.path", str(folder / "prometheus"), "--web.listen-address", f"{HOST}:{port}")
    with (
        (folder / "prometheus.log").open("w") as output,
        started([str(PROMETHEUS), "--config.file", str(file), *where], os.environ, output),
    ):
        url = f"http://{HOST}:{port}"
        wait_until(lambda: len(asked(url, "up == 1")) == len(targets), folder / "prometheus.log")
        yield url


@contextlib.contextmanager
def started(command: Any, environment: Mapping[str, str], output: Any) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


def wait_until(holds: Any, log: Path, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError, ValueError):  # it has no answers yet
            if holds():
                return
        assert time.monotonic() < deadline, log.read_text()[-4000:]
        time.sleep(0.1)


def asked(url: str, expression: str) -> list[Any]:
    """What the expression comes to; fails with Prometheus' own words."""
    answer = httpx.get(f"{url}/api/v1/query", params={"query": expression}).json()
    assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
    result: list[Any] = answer["data"]["result"]
    return result


def names_at(url: str) -> set[str]:
    return set(httpx.get(f"{url}/api/v1/label/__name__/values").json()["data"])
