"""A soak: a toggle every second for --minutes (30), on PostgreSQL and Redis; nothing may be lost, and nothing may grow

It ends with exit code 1 where an update was lost, an answer failed, or memory or descriptors of a process grew.
"""

import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx

from script.benches._report import Table
from script.benches._serving import in_production, running, working
from script.benches._soaking import DEADLINE_SECONDS, Ear, Gauge, Updates, percentiles
from script.benches._tenant import made_in

FLAGS, EARS, TOGGLE_SECONDS, ASK_SECONDS = 100, 10, 1.0, 0.05
FLAG = "flag-0000"
ADDRESS = f"/api/v1/organizations/bench/projects/shop/flags/{FLAG}/environments/production"
COLUMNS = ["what", "times", "p50 ms", "p95 ms", "p99 ms", "failed or lost", "at first", "at last"]


@dataclass
class Asker:
    """Asks for one flag again and again, in a thread of its own."""

    url: str
    key: str
    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def run(self, is_over: threading.Event) -> None:
        with httpx.Client(base_url=self.url, headers={"X-API-Key": self.key}, timeout=10) as client:
            while not is_over.wait(ASK_SECONDS):
                began = time.monotonic()
                try:
                    client.get(f"/api/v1/sdk/flags/{FLAG}?targetingKey=user-1").raise_for_status()
                    self.seconds.append(time.monotonic() - began)
                except httpx.HTTPError:
                    self.failed += 1


@dataclass
class Stack:
    """`urls` and `pids` by the name of the process."""

    document: Mapping[str, object]
    key: str
    urls: dict[str, str]
    pids: dict[str, int]


def measure(minutes: float = 30) -> Table:
    with stack() as whole:
        table, faults = soaked(whole, minutes)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        print(table.text())
        sys.exit(1)
    return table


@contextlib.contextmanager
def stack() -> Iterator[Stack]:
    """A control plane, a worker and a relay on a private PostgreSQL and Redis."""
    with (
        tempfile.TemporaryDirectory(prefix="flagforge-bench-") as folder,
        in_production(folder) as environment,
    ):
        document = made_in(environment, FLAGS)
        with (
            working(environment) as worker,
            running("flagforge.serve", environment, "FLAGFORGE_PORT") as (url, web),
            running("evaluation.relay", _following(document, url), "FLAGFORGE_RELAY_PORT") as (relay_url, relay),
        ):
            key = document["environments"]["production"]["server_key"]
            pids = {"control plane": web, "relay": relay, "worker": worker}
            yield Stack(document, key, {"control plane": url, "relay": relay_url}, pids)


def _following(document: Mapping[str, str], url: str) -> dict[str, str]:
    return {"FLAGFORGE_RELAY_KEY": document["relay_key"], "FLAGFORGE_RELAY_UPSTREAM": url}


def soaked(whole: Stack, minutes: float) -> tuple[Table, list[str]]:
    """The numbers, and what is wrong in whole sentences."""
    ears = {name: [Ear(url, whole.key, FLAG) for _ in range(EARS)] for name, url in whole.urls.items()}
    askers = {name: Asker(url, whole.key) for name, url in whole.urls.items()}
    gauges, updates, is_over = [Gauge(name, pid) for name, pid in whole.pids.items()], Updates(), threading.Event()
    for ear in (ear for group in ears.values() for ear in group):
        ear.has_begun.wait(30)
    threads = [threading.Thread(target=asker.run, args=(is_over,), daemon=True) for asker in askers.values()]
    for thread in threads:
        thread.start()
    try:
        _toggle(whole, updates, gauges, until=time.monotonic() + 60 * minutes)
        time.sleep(min(DEADLINE_SECONDS, 3))
    finally:
        is_over.set()
        for ear in (ear for group in ears.values() for ear in group):
            ear.is_over = True
    return _told(ears, askers, gauges, updates, minutes)


def _toggle(whole: Stack, updates: Updates, gauges: list[Gauge], *, until: float) -> None:
    headers = {"Authorization": f"Bearer {whole.document['token']}"}
    with httpx.Client(base_url=whole.urls["control plane"], headers=headers, timeout=30) as client:
        number = 0
        while (began := time.monotonic()) < until:
            answer = client.patch(ADDRESS, json={"enabled": number % 2 == 1}).raise_for_status()
            updates.made.append((answer.json()["version"], began))
            for gauge in gauges:
                gauge.look()
            number += 1
            time.sleep(max(0.0, began + TOGGLE_SECONDS - time.monotonic()))


def _told(
    ears: Mapping[str, list[Ear]],
    askers: Mapping[str, Asker],
    gauges: list[Gauge],
    updates: Updates,
    minutes: float,
) -> tuple[Table, list[str]]:
    table, faults = Table(COLUMNS), list[str]()
    for name, group in ears.items():
        delays = [delay for ear in group for delay in updates.delays(ear)]
        lost = delays.count(float("inf"))
        table.add(f"a toggle to streams at the {name}", len(delays), *percentiles(delays), lost, None, None)
        faults += [f"{lost} updates were lost at the {name}"] if lost else []
    for name, asker in askers.items():
        table.add(f"one flag at the {name}", len(asker.seconds), *percentiles(asker.seconds), asker.failed, None, None)
        faults += [f"{asker.failed} answers failed at the {name}"] if asker.failed else []
    for gauge in gauges:
        first, last = (numbers(gauge.memory) for numbers in (_first, _last))
        table.add(f"memory of the {gauge.name}, MB", len(gauge.memory), None, None, None, None, first / 1e6, last / 1e6)
        before, after = gauge.descriptors[0], gauge.descriptors[-1]
        table.add(f"descriptors of the {gauge.name}", len(gauge.memory), None, None, None, None, before, after)
        faults += gauge.faults()
    table.notes += [
        f"{minutes:g} minutes, {len(updates.made)} toggles of one of {FLAGS} flags by the management API, {EARS} streams each",
        f"lost: neither it nor a later one was heard within {DEADLINE_SECONDS:g} s",
    ]
    return table, faults


def _first(numbers: list[int]) -> int:
    return numbers[len(numbers) // 4]


def _last(numbers: list[int]) -> int:
    return numbers[-1]
