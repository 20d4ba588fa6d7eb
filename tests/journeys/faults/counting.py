"""An application that evaluates flags and writes down by itself what it was answered, and how long what the SDK timed took.

For each line that it reads it says how far it is: `evaluate 5000` begins so many evaluations, anything else begins nothing.
"""

import json
import sys
import threading
import time
from collections import Counter
from typing import Any

from evaluation.sdk import serving
from evaluation.sdk.client import Client
from evaluation.sdk.telemetry import reporting

SUBJECTS, AT_ONCE, PAUSE_SECONDS = 1_000, 250, 0.005
# An application waits for half a minute; a journey has no time for that.
reporting.REPORT_SECONDS = 0.3


class Watch:
    """The clock that the SDK looks at before and after each evaluation that it times; only one thread evaluates."""

    def __init__(self) -> None:
        self.durations: list[int] = []
        self._begun = 0

    def __call__(self) -> int:
        now = time.perf_counter_ns()
        if self._begun:
            self.durations.append(now - self._begun)
        self._begun = 0 if self._begun else now
        return now


class Application:
    def __init__(self, client: Client, flag: str) -> None:
        self.client, self.flag = client, flag
        self.watch = Watch()
        serving.perf_counter_ns = self.watch  # type: ignore[attr-defined]  # the clock that it imported
        self.answered: Counter[tuple[str, str]] = Counter()
        self.exposed: set[tuple[str, str]] = set()
        self.unknown, self.left = 0, 0
        self.last_batch = b""
        self._settled, client._telemetry.settled = client._telemetry.settled, self._note  # type: ignore[method-assign]  # to have the bytes

    def _note(self, batch: bytes) -> None:
        self.last_batch = batch
        self._settled(batch)

    def begin(self, number: int) -> None:
        self.left = number
        threading.Thread(target=self._evaluate, daemon=True).start()

    def _evaluate(self) -> None:
        while self.left:
            for number in range(min(AT_ONCE, self.left)):
                self._ask(f"user-{(self.left + number) % SUBJECTS}")
            self.left -= min(AT_ONCE, self.left)
            time.sleep(PAUSE_SECONDS)

    def _ask(self, subject: str) -> None:
        details = self.client.boolean_details(self.flag, False, {"targetingKey": subject})
        self.answered[str(details.variant), str(details.reason)] += 1
        if details.reason == "SPLIT":
            self.exposed.add((str(details.variant), subject))

    def ask_for_what_is_not_there(self, times: int) -> None:
        for _ in range(times):
            self.client.boolean_value("gone", False, {"targetingKey": "alice"})
        self.unknown += times

    def report(self) -> dict[str, Any]:
        ledger, telemetry = self.client._ledger, self.client._telemetry
        ledger.read()
        with telemetry._lock:
            is_told = not (self.left or ledger._pending or telemetry._unsent or any(telemetry._items.values()))
        return {
            "left": self.left,
            "version": self.client.version,
            "is_told": is_told,
            "answered": [[*answer, count] for answer, count in sorted(self.answered.items())],
            "sdk_counted": [[*given[1:], count] for given, count in sorted(ledger.totals.items())],
            "exposed": Counter(variant for variant, _ in self.exposed),
            "unknown": self.unknown,
            "durations": sorted(self.watch.durations) if is_told else [],
            "last_batch": self.last_batch.decode(),
        }


def main(sdk_key: str, base_url: str, flag: str) -> None:
    client = Client(sdk_key, base_url, application="shop", instance="web-1")
    assert client.wait_until_ready(30), client.trouble
    application = Application(client, flag)
    for line in sys.stdin:
        name, _, number = line.strip().partition(" ")
        if name == "evaluate":
            application.begin(int(number))
            application.ask_for_what_is_not_there(7)
        sys.stdout.write(json.dumps(application.report()) + "\n")
        sys.stdout.flush()
    client.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
