"""The DRF door: requests per second and latency of a warm environment of 100 flags, one process, wrk with 16 connections"""

import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from script.benches._report import Table
from script.benches._serving import Serving, in_production, serving

PACKAGES = ["wrk"]
FLAGS = 100
SECONDS, WARM_SECONDS, CONNECTIONS = 6, 2, 16
QUESTION = "?targetingKey=user-42&country=IN&plan=pro"
COLUMNS = ["served", "case", "requests/s", "p50 ms", "p95 ms", "p99 ms", "errors", "bytes"]


def measure() -> Table:
    table = Table(COLUMNS)
    with tempfile.TemporaryDirectory(prefix="flagforge-bench-") as folder:
        with serving({"FLAGFORGE_DATA": f"{folder}/default"}, FLAGS) as default:
            add_cases(table, "default: SQLite", default)
        with in_production(f"{folder}/production") as environment, serving(environment, FLAGS) as production:
            add_cases(table, "production: PostgreSQL, Redis", production)
            stop_redis(environment["REDIS_URL"])
            add_single(table, "production, Redis killed", production)
    table.notes += [
        f"python -m flagforge.serve, 1 process, {FLAGS} flags of five types, each with one condition and a 25 % split",
        f"wrk, 1 thread, {CONNECTIONS} connections, {SECONDS} s (single flag: 1 connection for the latency of one request)",
    ]
    return table


def add_cases(table: Table, served: str, serving: Serving) -> None:
    address = f"{serving.url}/api/v1/sdk/flags{QUESTION}"
    headers = {"X-API-Key": serving.server_key}
    first = httpx.get(address, headers=headers)
    unchanged = {**headers, "If-None-Match": first.headers["ETag"]}
    assert httpx.get(address, headers=unchanged).status_code == 304  # noqa: S101
    table.add(served, "bulk, 200", *wrk(address, headers, CONNECTIONS), len(first.content))
    table.add(served, "bulk, 304", *wrk(address, unchanged, CONNECTIONS), 0)
    add_single(table, served, serving)


def add_single(table: Table, served: str, serving: Serving) -> None:
    address = f"{serving.url}/api/v1/sdk/flags/flag-0000{QUESTION}"
    headers = {"X-API-Key": serving.server_key}
    length = len(httpx.get(address, headers=headers).content)
    table.add(served, "single flag, 1 connection", *wrk(address, headers, 1), length)


def stop_redis(url: str) -> None:
    port = url.rsplit(":", 1)[1].split("/")[0]
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
