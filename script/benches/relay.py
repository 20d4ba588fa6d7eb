"""The relay's answers against a bare server: requests per second on one core, 100 flags, wrk and hey on the other

Bare is the relay's uvicorn configuration with uvicorn's own httptools protocol and an application that answers constant
bytes of the same size to the same requests, on the same core in the same run, in turns with the relay. So a ratio above 1
says that the relay, which decides, is quicker than the server that it is built on is without deciding anything.

"of a core" is what a server answers in one second of its processor's time: the rate that it reaches where it has a core to
itself. Both are compared by that, since other programs on the machine disturb it less than the rate by the clock, which stands
beside it as "by the clock".
"""

import re
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import httpx

from script.benches._pinned import Process, bare, measuring, relay
from script.benches._report import Cell, Table
from script.benches._rulesets import mixed_flags
from script.benches._upstream import Upstream

PACKAGES = ["wrk", "hey"]
FLAGS, CONNECTIONS, POLLERS = 100, 16, 10_000
ROUNDS, SECONDS, WARM_SECONDS = 3, 3, 1
KEY = "ff_server_" + "s" * 43
Cells = tuple[Cell, ...]
COLUMNS = ["case", "to beat", "to reach", "by the clock", "of a core", "bare, of a core", "ratio", "errors", "bytes"]
FLAG_PATH, BULK_PATH = "/api/v1/sdk/flags/flag-0000", "/api/v1/sdk/flags"
OFREP_PATH = "/ofrep/v1/evaluate/flags/flag-0000"
# Every request another user, so that no answer can be one that was kept.
BODY = '{"context":{"targetingKey":"user-%d","country":"IN","plan":"pro","app":{"version":"2.5.1"}}}'


class Rate(NamedTuple):
    """Answers per second of the clock, and of the server's processor."""

    by_the_clock: float
    of_a_core: float
    errors: int


@dataclass
class Case:
    name: str
    to_beat: str
    to_reach: str
    path: str
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def cases(etag: str) -> Iterator[Case]:
    yield Case("bulk, a context in each body", "530/s, Flagsmith edge-proxy", "0.60 of bare", BULK_PATH, BODY)
    yield Case("one flag, SDK API", "20,000/s, flagd in Go", "0.70 of bare", FLAG_PATH, BODY)
    yield Case("one flag, OFREP", "20,000/s, flagd in Go", "0.70 of bare", OFREP_PATH, BODY)
    yield Case("bulk, no context", "10,000/s", "0.85 of bare", BULK_PATH)
    tag = {"If-None-Match": etag}
    yield Case("bulk, 304", "4,629/s", "0.80 of bare", BULK_PATH + "?targetingKey=user-%d", headers=tag)


def measure() -> Table:
    table = Table(COLUMNS)
    upstream = Upstream(mixed_flags(FLAGS), [(KEY, "server")])
    with measuring(), upstream.serving(), relay(upstream.url) as ours:
        for case in cases(_etag(ours)):
            table.add(*_compared(case, ours))
        table.add(*_at_a_fixed_rate(ours))
        table.add(*_pollers(ours))
        table.add(*_memory(ours))
    table.notes += [
        f"{FLAGS} flags of five types, each with a condition and a 25 % split; {CONNECTIONS} connections",
        f"requests per second, the median of {ROUNDS} rounds of {SECONDS} s, each beside one of the bare server",
    ]
    return table


def _etag(ours: Process) -> str:
    answer = httpx.get(ours.url + BULK_PATH, params={"targetingKey": "user-1"}, headers={"X-API-Key": KEY})
    return answer.headers["ETag"]


def _compared(case: Case, ours: Process) -> Cells:
    first = _first(case, ours)
    with bare(first.status_code, len(first.content)) as other:
        pairs = [(_wrk(case, ours), _wrk(case, other)) for _ in range(ROUNDS)]
    clock = statistics.median(mine.by_the_clock for mine, _ in pairs)
    core, baseline = (statistics.median(pair[side].of_a_core for pair in pairs) for side in (0, 1))
    ratio = statistics.median(mine.of_a_core / its.of_a_core for mine, its in pairs)
    errors = sum(mine.errors for mine, _ in pairs)
    size = len(first.content)
    return case.name, case.to_beat, case.to_reach, clock, core, baseline, round(ratio, 2), errors, size


def _first(case: Case, ours: Process) -> httpx.Response:
    """One answer of those that are going to be measured."""
    headers = {"X-API-Key": KEY, **case.headers}
    method = "POST" if case.body else "GET"
    path, content = (text.replace("%d", "1") for text in (case.path, case.body))
    answer = httpx.request(method, ours.url + path, headers=headers, content=content)
    assert answer.status_code == (304 if case.headers else 200), answer.text  # noqa: S101
    return answer


SCRIPT = """
local requests, at = {}, 0
function init()
  wrk.headers["X-API-Key"] = "%(key)s"
  %(headers)s
  for number = 1, 1000 do
    local path, body = string.gsub("%(path)s", "%%%%d", %(user)s), string.gsub('%(body)s', "%%%%d", number)
    requests[number] = wrk.format(body ~= "" and "POST" or "GET", path, nil, body ~= "" and body or nil)
  end
end
function request()
  at = at %% #requests + 1
  return requests[at]
end
function done(summary, latency)
  local e = summary.errors
  print("result rps " .. summary.requests / (summary.duration / 1e6))
  print("result answers " .. summary.requests)
  print("result errors " .. e.connect + e.read + e.write + e.status + e.timeout)
end
"""


def _wrk(case: Case, process: Process, connections: int = CONNECTIONS, seconds: int = SECONDS) -> Rate:
    headers = "\n  ".join(f"wrk.headers['{name}'] = '{value}'" for name, value in case.headers.items())
    user = "1" if case.headers else "number"
    named = {"key": KEY, "headers": headers, "path": case.path, "body": case.body, "user": user}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "requests.lua")
        script.write_text(SCRIPT % named)
        for each in (WARM_SECONDS, seconds):
            command = [
                "wrk",
                "-t1",
                f"-c{connections}",
                f"-d{each}s",
                "--timeout",
                "30s",
                "-s",
                str(script),
                process.url,
            ]
            begun = process.processor_seconds()
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            used = process.processor_seconds() - begun
    found = dict(re.findall(r"^result (\S+) (\S+)$", output, re.MULTILINE))
    return Rate(float(found["rps"]), float(found["answers"]) / used, int(found["errors"]))


def _at_a_fixed_rate(ours: Process) -> Cells:
    command = ["hey", "-z", "8s", "-c", "10", "-q", "100", "-m", "POST", "-H", f"X-API-Key: {KEY}", "-d", BODY % 1]
    output = subprocess.run([*command, ours.url + BULK_PATH], check=True, capture_output=True, text=True).stdout
    slowest, rate = (re.search(f"{words}([0-9.]+)", output) for words in ("95% in ", r"Requests/sec:\s+"))
    if slowest is None or rate is None:
        raise ValueError(f"hey says {output}")
    answers = re.findall(r"\[(\d+)\]\s+(\d+) responses", output)
    failed = sum(int(count) for status, count in answers if status != "200")
    name = f"p95 in ms, bulk with context, at {float(rate[1]):,.0f} requests/s"
    return name, "4-8 ms", "3 ms", float(slowest[1]) * 1000, None, None, None, failed, None


def _pollers(ours: Process) -> Cells:
    case = list(cases(_etag(ours)))[-1]
    rate = _wrk(case, ours, POLLERS, 10)
    name = f"{POLLERS:,} pollers at once, 304"
    return name, "4,629/s", "more, 0 errors", rate.by_the_clock, rate.of_a_core, None, None, rate.errors, 0


def _memory(ours: Process) -> Cells:
    most = ours.memory("VmHWM") / 2**20
    return f"MiB at most, with {POLLERS:,} pollers", "658 MiB", "165 MiB", most, None, None, None, 0, None
