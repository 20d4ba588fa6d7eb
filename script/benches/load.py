"""The whole stack under load: control plane, worker, relay, PostgreSQL and Redis on one machine, asked by wrk"""

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from script.benches._gathering import gathered, go_on, heard
from script.benches._report import Cell, Table
from script.benches.soak import ADDRESS, FLAG, FLAGS, Stack, stack

PACKAGES = ["wrk"]
CONNECTIONS, SECONDS, WARM_SECONDS, STREAMS, TOGGLES = 16, 5, 1, 1_000, 5
QUESTION = "?targetingKey=user-42&country=IN&plan=pro"
BODY = '{"context":{"targetingKey":"user-42","country":"IN"}}'
PROJECT = "/api/v1/organizations/bench/projects/shop"
COLUMNS = ["scenario", "at", "a second", "p50 ms", "p95 ms", "p99 ms", "failed"]


@dataclass
class Scenario:
    name: str
    url: str
    at: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    status: int = 200


def measure(minutes: float | None = None) -> Table:
    """`minutes` for all scenarios together."""
    table = Table(COLUMNS)
    with stack() as whole:
        scenarios = list(_scenarios(whole))
        seconds = SECONDS if minutes is None else max(1, round(minutes * 60 / len(scenarios)))
        for scenario in scenarios:
            table.add(scenario.name, scenario.at, *asked(scenario, seconds))
        for name, url in whole.urls.items():
            table.add(f"{STREAMS:,} streams held, a toggle to all", name, *_streams(whole, url))
    table.notes += [
        f"{FLAGS} flags; wrk with 1 thread and {CONNECTIONS} connections, {seconds} s each after {WARM_SECONDS} s",
        "one process of each kind; PostgreSQL, Redis and wrk share the machine",
        f"streams: the median of {TOGGLES} toggles, from before the PATCH until half and 99 of 100 had heard; failed: lost",
    ]
    return table


def _scenarios(whole: Stack) -> Iterator[Scenario]:
    key = {"X-API-Key": whole.key}
    for at, url in whole.urls.items():
        bulk = f"{url}/api/v1/sdk/flags{QUESTION}"
        unchanged = {**key, "If-None-Match": httpx.get(bulk, headers=key, timeout=60).headers["ETag"]}
        yield Scenario("one flag", f"{url}/api/v1/sdk/flags/{FLAG}{QUESTION}", at, key)
        yield Scenario("all flags", bulk, at, key)
        yield Scenario("all flags, 304", bulk, at, unchanged, status=304)
        yield Scenario("OFREP, one flag", f"{url}/ofrep/v1/evaluate/flags/{FLAG}", at, key, BODY)
    control = whole.urls["control plane"]
    token = {"Authorization": f"Bearer {whole.document['token']}"}
    session = {"Cookie": _signed_in(whole)}
    yield Scenario("management API, a flag", f"{control}{PROJECT}/flags/{FLAG}", "control plane", token)
    yield Scenario(
        "dashboard, list of flags", f"{control}/organizations/bench/projects/shop/flags/", "control plane", session
    )


def _signed_in(whole: Stack) -> str:
    """The cookie of the owner's session."""
    url, owner = whole.urls["control plane"], dict(whole.document["owner"])  # type: ignore[call-overload]
    with httpx.Client(base_url=url, follow_redirects=False, timeout=60) as browser:
        browser.get("/accounts/login/")
        form = {"login": owner["email"], "password": owner["password"]}
        headers = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": url}
        answer = browser.post("/accounts/login/", data=form, headers=headers)
        if answer.status_code != 302:
            raise RuntimeError(f"cannot sign in: {answer.status_code}")
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


SCRIPT = """
wrk.method = "%(method)s"
wrk.body = %(body)s
%(headers)s
function response(status)
  if status ~= %(status)d then wrong = (wrong or 0) + 1 end
end
local threads = {}
function setup(thread) table.insert(threads, thread) end
function done(summary, latency)
  local e, wrong = summary.errors, 0
  for _, thread in ipairs(threads) do wrong = wrong + (thread:get("wrong") or 0) end
  print("result rps " .. summary.requests / (summary.duration / 1e6))
  for _, share in ipairs({50, 95, 99}) do print("result p" .. share .. " " .. latency:percentile(share)) end
  print("result failed " .. e.connect + e.read + e.write + e.timeout + wrong)
end
"""


def asked(scenario: Scenario, seconds: int) -> tuple[Cell, ...]:
    """Answers a second, p50, p95, p99 in milliseconds, and how many were not what was expected."""
    first = _first(scenario)
    if first.status_code != scenario.status:
        raise RuntimeError(f"{scenario.name}: {first.status_code} {first.text[:200]}")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(scenario))
        script.flush()
        for each in (WARM_SECONDS, seconds):
            output = _wrk(scenario.url, script.name, each)
    found = {name: float(value) for name, value in re.findall(r"^result (\S+) (\S+)$", output, re.MULTILINE)}
    return round(found["rps"]), *(found[f"p{share}"] / 1000 for share in (50, 95, 99)), int(found["failed"])


def _first(scenario: Scenario) -> httpx.Response:
    method = "POST" if scenario.body else "GET"
    return httpx.request(method, scenario.url, headers=dict(scenario.headers), content=scenario.body, timeout=30)


def _script(scenario: Scenario) -> str:
    lines = [f"wrk.headers[{name!r}] = [[{value}]]" for name, value in scenario.headers.items()]
    named = {"method": "POST" if scenario.body else "GET", "status": scenario.status, "headers": "\n".join(lines)}
    return SCRIPT % {**named, "body": f"[[{scenario.body}]]" if scenario.body else "nil"}


def _wrk(url: str, script: str, seconds: int) -> str:
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", script, url]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def _streams(whole: Stack, url: str) -> tuple[Cell, ...]:
    headers = {"Authorization": f"Bearer {whole.document['token']}"}
    rounds, lost = [], 0
    with (
        gathered("sse", urlsplit(url).port or 0, STREAMS, whole.key) as crowd,
        httpx.Client(base_url=whole.urls["control plane"], headers=headers, timeout=30) as client,
    ):
        heard(crowd)
        is_on = client.get(ADDRESS).raise_for_status().json()["enabled"]
        for _ in range(TOGGLES):
            time.sleep(1)
            go_on(crowd)
            begun, is_on = time.monotonic(), not is_on
            client.patch(ADDRESS, json={"enabled": is_on}).raise_for_status()
            said = heard(crowd)
            lost = max(lost, STREAMS - int(said["heard"]))
            rounds.append([(moment - begun) * 1000 for moment in said["at"][1:]])
    half, most, _ = sorted(rounds)[len(rounds) // 2]
    return None, half, None, most, lost
