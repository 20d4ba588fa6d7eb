"""WebSockets at the control plane, through Channels: 2,000 at each of two processes, with Redis between"""

import contextlib
import statistics
import tempfile
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from script.benches._gathering import Clients, gathered, go_on, heard
from script.benches._report import Table
from script.benches._serving import Serving, another, in_production, serving
from script.benches.toggle import ADDRESS, FLAGS, token_of

SOCKETS, TOGGLES = 2_000, 10
COLUMNS = ["process", "to reach", "heard", "lost", "p50 ms", "p99 ms", "last ms"]


def measure() -> Table:
    table = Table(COLUMNS)
    with (
        tempfile.TemporaryDirectory(prefix="flagforge-bench-") as folder,
        in_production(folder) as environment,
        serving(environment, FLAGS) as first,
        another(environment) as second,
        contextlib.ExitStack() as stack,
    ):
        crowds = {
            name: stack.enter_context(gathered("socket", urlsplit(url).port or 0, SOCKETS, first.server_key))
            for name, url in (("where it was toggled", first.url), ("the other, by Redis", second))
        }
        for crowd in crowds.values():
            heard(crowd)
        rounds = _rounds(first, list(crowds.values()))
    for place, name in enumerate(crowds):
        table.add(name, "p99 1 s", *_summed([each[place] for each in rounds]))
    table.notes += [
        f"{SOCKETS:,} sockets at each process, {FLAGS} flags; the median of {TOGGLES} toggles from before each PATCH was sent",
        "the processes, PostgreSQL, Redis and both crowds share the machine",
    ]
    return table


def _rounds(first: Serving, crowds: Sequence[Clients]) -> list[list[list[float]]]:
    """For each toggle and process: how many heard, how many are lost, ms until half, 99 % and the last had heard."""
    with token_of(first) as client:
        return [_toggled(client, crowds, is_on=number % 2 == 1) for number in range(TOGGLES)]


def _toggled(client: httpx.Client, crowds: Sequence[Clients], *, is_on: bool) -> list[list[float]]:
    time.sleep(1)
    for crowd in crowds:
        go_on(crowd)
    begun = time.monotonic()
    client.patch(ADDRESS, json={"enabled": is_on}).raise_for_status()
    said = [heard(crowd) for crowd in crowds]
    return [[each["heard"], each["lost"], *((moment - begun) * 1000 for moment in each["at"][1:])] for each in said]


def _summed(rounds: Sequence[Sequence[float]]) -> list[float]:
    heard_by, lost, *spread = zip(*rounds, strict=True)
    return [int(min(heard_by)), int(max(lost)), *map(statistics.median, spread)]
