"""An application that evaluates flags ten thousand times a second. For each line that it reads it says how that went."""

import json
import resource
import sys
import threading
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

from evaluation.sdk.client import Client

BATCH, PAUSE_SECONDS = 100, 0.01
ALICE = {"targetingKey": "alice", "country": "IN"}


class Application:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.nanoseconds: list[int] = []
        self.own_nanoseconds: list[int] = []
        self.raised: list[str] = []
        self.value: Any = None

    def run(self) -> None:
        """For ever."""
        due = time.monotonic()
        while True:
            for _ in range(BATCH):
                self.evaluate()
            due = max(due + PAUSE_SECONDS, time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))

    def evaluate(self) -> None:
        begun, own_begun = time.perf_counter_ns(), time.thread_time_ns()
        try:
            self.value = self.client.boolean_value("checkout", False, ALICE)
        except BaseException as error:
            self.raised.append(repr(error))
        self.own_nanoseconds.append(time.thread_time_ns() - own_begun)
        self.nanoseconds.append(time.perf_counter_ns() - begun)

    def report(self) -> dict[str, Any]:
        """What happened since the last one."""
        times, self.nanoseconds = self.nanoseconds, []
        own_times, self.own_nanoseconds = self.own_nanoseconds, []
        cuts = quantiles(times, n=100)
        client = self.client
        return {
            "evaluations": len(times),
            "raised": self.raised,
            "value": self.value,
            "p50_us": cuts[49] / 1_000,
            "p99_us": cuts[98] / 1_000,
            "own_p99_us": quantiles(own_times, n=100)[98] / 1_000,
            "megabytes": int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6,
            "ready": client.is_ready,
            "version": client.version,
            "state": client.state,
            "way": client.way,
            "trouble": client.trouble,
            "circuit": client.circuit_state,
            "refused": client._rules.refusals.total,
        }


def main(sdk_key: str, base_url: str, store: str) -> None:
    application = Application(Client(sdk_key, base_url, store=store or None))
    threading.Thread(target=application.run, daemon=True).start()
    for _ in sys.stdin:
        sys.stdout.write(json.dumps(application.report()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
