"""The DRF door: requests per second and latency of a warm environment of 100 flags, one process, wrk with 16 connections"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from script.benches._report import Table
from script.benches._tenant import made_in
from script.places import HOST, free_port
from script.services import DATABASE_VARIABLE, REDIS_VARIABLE, Services, private_services

PACKAGES = ["wrk"]
FLAGS = 100
SECONDS, WARM_SECONDS, CONNECTIONS = 6, 2, 16
QUESTION = "?targetingKey=user-42&country=IN&plan=pro"
COLUMNS = ["served", "case", "requests/s", "p50 ms", "p95 ms", "p99 ms", "errors", "bytes"]


@dataclass
class Serving:
    """One control plane at work."""

    url: str
    key: str
    process: subprocess.Popen[bytes]


def measure() -> Table:
    table = Table(COLUMNS)
    with tempfile.TemporaryDirectory(prefix="flagforge-bench-") as folder:
        with serving({"FLAGFORGE_DATA": f"{folder}/default"}) as default:
            add_cases(table, "default: SQLite", default)
        with private_services() as services:
            environment = {
                "FLAGFORGE_DATA": f"{folder}/production",
                "DATABASE_URL": services.environment[DATABASE_VARIABLE],
                "REDIS_URL": services.environment[REDIS_VARIABLE],
            }
            with serving(environment) as production:
                add_cases(table, "production: PostgreSQL, Redis", production)
                stop_redis(services)
                add_single(table, "production, Redis killed", production)
    table.notes += [
        f"python -m flagforge.serve, 1 process, {FLAGS} flags of five types, each with one condition and a 25 % split",
        f"wrk, 1 thread, {CONNECTIONS} connections, {SECONDS} s (single flag: 1 connection for the latency of one request)",
    ]
    return table


def add_cases(table: Table, served: str, serving: Serving) -> None:
    address = f"{serving.url}/api/v1/sdk/flags{QUESTION}"
    headers = {"X-API-Key": serving.key}
    first = httpx.get(address, headers=headers)
    unchanged = {**headers, "If-None-Match": first.headers["ETag"]}
    assert httpx.get(address, headers=unchanged).status_code == 304  # noqa: S101
    table.add(served, "bulk, 200", *wrk(address, headers, CONNECTIONS), len(first.content))
    table.add(served, "bulk, 304", *wrk(address, unchanged, CONNECTIONS), 0)
    add_single(table, served, serving)


def add_single(table: Table, served: str, serving: Serving) -> None:
    address = f"{serving.url}/api/v1/sdk/flags/flag-0000{QUESTION}"
    headers = {"X-API-Key": serving.key}
    length = len(httpx.get(address, headers=headers).content)
    table.add(served, "single flag, 1 connection", *wrk(address, headers, 1), length)


@contextlib.contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[Serving]:
    port = free_port()
    document = made_in(environment, FLAGS)
    whole = {**os.environ, **environment, "FLAGFORGE_PORT": str(port), "FLAGFORGE_LOG_LEVEL": "ERROR"}
    process = subprocess.Popen([sys.executable, "-m", "flagforge.serve"], env=whole)
    try:
        _wait(f"http://{HOST}:{port}/readyz")
        yield Serving(f"http://{HOST}:{port}", document["environments"]["production"]["server_key"], process)
    finally:
        process.terminate()
        process.wait(10)


def _wait(address: str) -> None:
    for _ in range(300):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(address).status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(f"{address} did not answer")


def stop_redis(services: Services) -> None:
    port = services.environment[REDIS_VARIABLE].rsplit(":", 1)[1].split("/")[0]
    subprocess.run(["redis-cli", "-p", port, "shutdown", "nosave"], check=False, capture_output=True)


def wrk(address: str, headers: Mapping[str, str], connections: int) -> tuple[int, float, float, float, int]:
    """Requests per second, p50, p95 and p99 in milliseconds, and how many requests failed."""
    _wrk(address, headers, connections, WARM_SECONDS)
    output = _wrk(address, headers, connections, SECONDS)
    found: dict[str, Any] = dict(re.findall(r"^result (\S+) (\S+)$", output, re.MULTILINE))
    return (
        round(float(found["rps"])),
        float(found["p50"]) / 1000,
        float(found["p95"]) / 1000,
        float(found["p99"]) / 1000,
        int(found["errors"]),
    )


SCRIPT = """
function done(summary, latency, requests)
  local e = summary.errors
  print("result rps " .. summary.requests / (summary.duration / 1e6))
  print("result p50 " .. latency:percentile(50))
  print("result p95 " .. latency:percentile(95))
  print("result p99 " .. latency:percentile(99))
  print("result errors " .. e.connect + e.read + e.write + e.status + e.timeout)
end
"""


def _wrk(address: str, headers: Mapping[str, str], connections: int, seconds: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "done.lua")
        script.write_text(SCRIPT)
        named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), *named, address]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
