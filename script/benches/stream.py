"""Streams of one relay process: memory per client, and how long a flip takes until 10,000 have heard of it

python -m script.benches.stream 70000 4     so many streams of events over so many relay processes, each on a port of its own;
                                            each process and its clients need 17,500 open files and as many free ports
"""

import contextlib
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Protocol

import httpx

from script.benches._crowd import key_of
from script.benches._gathering import Clients, gathered, go_on, heard
from script.benches._pinned import Process, measuring, relay, shouting
from script.benches._report import Cell, Table
from script.benches._rulesets import mixed_flags
from script.benches._upstream import Upstream

FLAGS, FLIPS = 100, 5
EVENT_BYTES = 300  # about as many as one changed value takes
CLIENTS, SOCKETS = 10_000, 2_000
SHARED = "ff_client_" + "s" * 43
SERVER = "ff_server_" + "s" * 43
SPARE_FILES = 500
COLUMNS = ["clients", "to reach", "heard", "lost", "KB each", "first ms", "p50 ms", "p99 ms", "last ms", "core ms"]


@dataclass
class Crowd:
    name: str
    to_reach: str
    kind: str
    count: int
    key: str


class Flipping(Protocol):
    def flip(self) -> float:
        """Have everybody told of a change; returns when that was sent, on the monotonic clock."""


class Shout:
    """The sign for the bare server."""

    def __init__(self, bare: Process) -> None:
        self.url = bare.url
        self.client = httpx.Client()  # made before the clock runs: that alone takes some 40 ms

    def flip(self) -> float:
        begun = time.monotonic()
        self.client.post(self.url)
        return begun


BARE = Crowd("SSE, a loop that only writes", "-", "sse", CLIENTS, SHARED)
CROWDS = [
    Crowd("SSE, values, one message for all", "2.5 KB, p99 150 ms", "sse", CLIENTS, SHARED),
    Crowd("SSE, rules, one message for all", "2.5 KB, p99 150 ms", "sse", CLIENTS, SERVER),
    Crowd("SSE, a key and a context each", "p99 500 ms", "sse", CLIENTS, "own"),
    Crowd("WebSocket", "p99 1 s", "socket", SOCKETS, SHARED),
    Crowd("long polls", "0 lost", "poll", CLIENTS, SHARED),
]


def measure() -> Table:
    table = Table(COLUMNS)
    keys = [(SHARED, "client"), (SERVER, "server"), *((key_of(number), "client") for number in range(CLIENTS))]
    upstream = Upstream(mixed_flags(FLAGS), keys)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE_FILES
    for crowd in (BARE, *CROWDS):
        crowd.count = min(crowd.count, most)
    with measuring(), upstream.serving():
        with shouting(EVENT_BYTES) as bare:
            table.add(*_measured(BARE, bare, Shout(bare)))
        for crowd in CROWDS:
            with relay(upstream.url) as ours:
                table.add(*_measured(crowd, ours, upstream))
    table.notes += [
        f"one relay process on one core, the clients in another process on the other; {FLAGS} flags, of which one is flipped",
        f"ms from when upstream sends the change to the relay until the client has read it, the median of {FLIPS} flips",
        "the loop that only writes is what this machine needs for so many messages, whoever sends them",
        "core ms: of the relay's processor, for one flip to all. KB each: what the process grew by, when all had connected",
    ]
    return table


def _measured(crowd: Crowd, ours: Process, upstream: Flipping) -> tuple[Cell, ...]:
    before = ours.memory()
    with gathered(crowd.kind, ours.port, crowd.count, crowd.key) as clients:
        first = heard(clients)
        time.sleep(1)
        each = (ours.memory() - before) / crowd.count / 1000
        rounds, used = [], []
        for _ in range(FLIPS):
            time.sleep(0.5)
            begun = ours.processor_seconds()
            rounds.append(_flipped(clients, upstream))
            used.append((ours.processor_seconds() - begun) * 1000)
    fewest = min(int(each_round[0]) for each_round in rounds)
    spread = [statistics.median(each_round[place] for each_round in rounds) for place in range(2, 6)]
    lost = max([int(first["lost"]), *(int(each_round[1]) for each_round in rounds)])
    name = f"{crowd.count:,} {crowd.name}"
    return name, crowd.to_reach, fewest, lost, each, *spread, statistics.median(used)


def measure_many(count: int, processes: int) -> Table:
    """The memory of many streams over several processes, and one flip to all of them."""
    table = Table(COLUMNS[:-1])
    upstream = Upstream(mixed_flags(FLAGS), [(SHARED, "client")])
    crowd = Crowd(
        "SSE over so many processes: " + str(processes), "70,000 in 470 MiB", "sse", count // processes, SHARED
    )
    with upstream.serving(), contextlib.ExitStack() as stack:
        relays = [stack.enter_context(relay(upstream.url)) for _ in range(processes)]
        before = sum(each.memory() for each in relays)
        crowds = [stack.enter_context(gathered(crowd.kind, each.port, crowd.count, crowd.key)) for each in relays]
        lost = sum(int(heard(each)["lost"]) for each in crowds)
        each_of_them = (sum(each.memory() for each in relays) - before) / count / 1000
        rounds = [_all_flipped(crowds, upstream) for _ in range(FLIPS)]
    spread = [statistics.median(each_round[place] for each_round in rounds) for place in range(1, 5)]
    fewest = min(int(each_round[0]) for each_round in rounds)
    table.add(f"{count:,} {crowd.name}", crowd.to_reach, fewest, lost, each_of_them, *spread)
    return table


def _all_flipped(crowds: list[Clients], upstream: Upstream) -> list[float]:
    """How many heard, and the latest of the processes' firsts, halves, 99 % and lasts, in ms."""
    for each in crowds:
        go_on(each)
    begun = upstream.flip()
    said = [heard(each) for each in crowds]
    latest = [max(place) for place in zip(*(each["at"] for each in said), strict=True)]
    return [sum(each["heard"] for each in said), *((moment - begun) * 1000 for moment in latest)]


def _flipped(clients: Clients, upstream: Flipping) -> list[float]:
    """How many heard, how many are lost, and milliseconds until the first, half, 99 % and the last had heard."""
    go_on(clients)
    begun = upstream.flip()
    said = heard(clients)
    return [said["heard"], said["lost"], *((moment - begun) * 1000 for moment in said["at"])]


if __name__ == "__main__":
    print(measure_many(int(sys.argv[1]), int(sys.argv[2])).text())
