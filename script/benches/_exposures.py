"""Who meets which variant, from applications through a relay into tallies, stage by stage, for the bench of telemetry."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from evaluation.relay.batches import Batches
from evaluation.sdk.telemetry.batches import Telemetry
from evaluation.sdk.telemetry.ledger import Ledger
from evaluation.wire.telemetry import read_batch

OFFERED, SUBJECTS, FLAGS, APPLICATIONS = 50_000, 200_000, 20, 20
# As often as the worker looks.
FOLD_SECONDS = 5
STAGES = ("SDKs", "relay", "control plane", "fold")


@dataclass
class Traffic:
    """`seconds` by stage; those of the fold by the clock, with what PostgreSQL takes, those of others of this process alone."""

    environment_id: str
    organization_id: str
    relay: Batches = field(default_factory=Batches)
    applications: list[Telemetry] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    batches: int = 0
    told_by_sdks: int = 0
    passed_on: int = 0
    backlog: int = 0

    def begin(self, seed: int) -> None:
        """New applications, which remember nobody; the relay stays."""
        self.random = random.Random(seed)  # noqa: S311  (for traffic)
        self.applications = [
            Telemetry(Ledger(), "streaming", application="shop", instance=f"web-{number}")
            for number in range(APPLICATIONS)
        ]
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.batches = self.told_by_sdks = self.passed_on = self.backlog = 0

    def run(self, seconds: int) -> None:
        for second in range(seconds):
            self._one_second()
            if (second + 1) % FOLD_SECONDS == 0:
                self._fold()

    def _one_second(self) -> None:
        with self._timed("SDKs"):
            for application in self.applications:
                for _ in range(OFFERED // APPLICATIONS):
                    application.expose(*self._met())
            bodies = [(each, body) for each in self.applications if each.is_full for body in each.batches(1)]
            for application, body in bodies:
                application.settled(body)
        for _, body in bodies:
            self._relay(body)
        while len(self.relay):
            self._keep(self.relay.rest()[0].body)
            self.relay.remove_first(was_taken=True)

    def _met(self) -> tuple[str, str, str]:
        """One subject has the same variant of a flag always."""
        number = int(self.random.random() * SUBJECTS * FLAGS)
        return f"flag-{number % FLAGS:04}", "on" if number % 3 else "off", f"user-{number // FLAGS:06}"

    def _relay(self, body: bytes) -> None:
        with self._timed("relay"):
            batch = read_batch(body)
            self.relay.take(self.environment_id, "server", batch, body)
        self.told_by_sdks += len(batch.document["exposures"])
        self.batches += 1

    def _keep(self, body: bytes) -> None:
        from analytics.services import keep_batch
        from evaluation.delivery.held import HeldKey
        from evaluation.delivery.senders import Sender

        key = HeldKey("", "", "server", self.organization_id, "", self.environment_id, "", None)
        with self._timed("control plane"):
            batch = read_batch(body)
            keep_batch(batch, Sender(key, self.environment_id, "server"), self.organization_id, now=datetime.now(UTC))
        self.passed_on += len(batch.document.get("exposures", ()))

    def _fold(self) -> None:
        from analytics.folding import fold
        from analytics.models import TelemetryBatch

        begun = time.perf_counter()
        fold(now=datetime.now(UTC))
        self.seconds["fold"] += time.perf_counter() - begun
        self.backlog = TelemetryBatch.with_deleted.filter(is_folded=False).count()

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        begun = time.process_time()
        yield
        self.seconds[stage] += time.process_time() - begun

    def remember_everybody(self) -> None:
        """The relay has passed on everybody an hour's time ago, or less."""
        now = time.monotonic()
        for number in range(SUBJECTS * FLAGS):
            met = f"flag-{number % FLAGS:04}", "on" if number % 3 else "off", f"user-{number // FLAGS:06}"
            self.relay.exposed.add((self.environment_id, "server", *met), now)


def a_tally(seed: int, flags: int) -> dict[str, Any]:
    """One in which every flag was evaluated, some often and most seldom, with two variants and up to two reasons each."""
    chance = random.Random(seed)  # noqa: S311  (for numbers)
    counts: dict[str, Any] = {}
    for number in range(flags):
        usual = int(chance.paretovariate(0.8) * 20)
        counts[f"flag-{number:04}"] = {
            "on": {"SPLIT": usual // 4 + chance.randint(0, 50)}
            | ({} if number % 3 else {"TARGETING_MATCH": chance.randint(1, usual)}),
            "off": {"SPLIT": usual + chance.randint(0, 50)},
        }
    some = list(counts)[:FLAGS]
    return {
        "counts": counts,
        "exposures": {key: {"on": chance.randint(1, 90), "off": chance.randint(1, 400)} for key in some},
        "durations": {str(bucket): chance.randint(1, 500) for bucket in range(140, 260)},
        "cache": {"fresh": chance.randint(10**5, 10**6)},
        "sdks": {"flagforge-python": {"0.1.0": {"shop": 20}}},
        "batches": {"server": 20},
    }
