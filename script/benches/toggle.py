"""From a toggle to a connected client: management API in, SSE out, at the control plane and behind a relay, 100 flags"""

import contextlib
import json
import queue
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping

import httpx

from script.benches._report import Table
from script.benches._serving import Serving, in_production, relaying, serving

FLAGS, TOGGLES, WARM_UP = 100, 200, 10
PAUSE = 0.02
FLAG = "flag-0000"
ADDRESS = f"/api/v1/organizations/bench/projects/shop/flags/{FLAG}/environments/production"
COLUMNS = ["served", "heard at", "p50 ms", "p99 ms", "max ms"]


class Ear:
    """A client with a stream of its own. `heard` gives when its flag was told to be on or off, and which."""

    def __init__(self, url: str, key: str) -> None:
        self.heard: queue.Queue[tuple[float, bool]] = queue.Queue()
        self._is_listening = threading.Event()
        threading.Thread(target=self._listen, args=(url, {"X-API-Key": key}), daemon=True).start()
        self._is_listening.wait(10)

    def _listen(self, url: str, headers: Mapping[str, str]) -> None:
        with (
            contextlib.suppress(httpx.TransportError),  # the server ends first
            httpx.stream("GET", f"{url}/api/v1/sdk/stream", headers=headers, timeout=60) as answer,
        ):
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    self._take(json.loads(line.removeprefix("data: ")), time.perf_counter())

    def _take(self, document: Mapping[str, object], now: float) -> None:
        self._is_listening.set()
        flags = document.get("flags")  # of a delta; the first message has them inside its manifest
        if isinstance(flags, dict) and FLAG in flags:
            self.heard.put((now, flags[FLAG]["enabled"]))


def measure() -> Table:
    table = Table(COLUMNS)
    with tempfile.TemporaryDirectory(prefix="flagforge-bench-") as folder:
        with serving({"FLAGFORGE_DATA": f"{folder}/default"}, FLAGS) as default:
            add_rows(table, "default: SQLite", default)
        with in_production(f"{folder}/production") as environment, serving(environment, FLAGS) as production:
            add_rows(table, "production: PostgreSQL, Redis", production)
    table.notes += [
        f"{TOGGLES} toggles, each from before the PATCH was sent until the whole event was read; one process of each kind",
        "to reach: median under 100 ms, p99 under 400 ms (Unleash on such a machine: median 354 ms, max 986 ms)",
    ]
    return table


def add_rows(table: Table, served: str, upstream: Serving) -> None:
    with relaying(upstream) as relay, token_of(upstream) as client:
        ears = {"control plane": Ear(upstream.url, upstream.server_key), "relay": Ear(relay, upstream.server_key)}
        rounds = [_toggle(client, ears, is_on=number % 2 == 1) for number in range(WARM_UP + TOGGLES)][WARM_UP:]
    for name in ears:
        table.add(served, name, *_spread([each[name] * 1000 for each in rounds]))


@contextlib.contextmanager
def token_of(upstream: Serving) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {upstream.document['token']}"}
    with httpx.Client(base_url=upstream.url, headers=headers, timeout=30) as client:
        yield client


def _toggle(client: httpx.Client, ears: Mapping[str, Ear], *, is_on: bool) -> dict[str, float]:
    """The seconds until each client heard of it."""
    time.sleep(PAUSE)
    began = time.perf_counter()
    client.patch(ADDRESS, json={"enabled": is_on}).raise_for_status()
    return {name: _heard(ear, is_on=is_on) - began for name, ear in ears.items()}


def _heard(ear: Ear, *, is_on: bool) -> float:
    while True:
        moment, told = ear.heard.get(timeout=30)
        if told is is_on:
            return moment


def _spread(milliseconds: list[float]) -> tuple[float, float, float]:
    return (
        statistics.median(milliseconds),
        statistics.quantiles(milliseconds, n=100)[98],
        max(milliseconds),
    )
