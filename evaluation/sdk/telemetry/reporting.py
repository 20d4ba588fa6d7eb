"""Sending telemetry: behind everything else, and once more when the program ends."""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from time import monotonic

import httpx

from ...wire.telemetry import EVENTS
from ..hearing.circuit import Circuit
from ..hearing.connection import Connection, Rejected
from ..upstream import KeyRefused, Unreachable
from .batches import Telemetry

REPORT_SECONDS, LOOK_SECONDS = 30.0, 1.0
# While requests are counted, so that a guardrail knows soon of those that fail. All of them, never only those: whoever told
# failures sooner than successes would seem to fail more often than it does.
OUTCOME_SECONDS = 5.0
LAST_SECONDS = 2.0

log = logging.getLogger(__name__)


class Reporting:
    """`version` says which rules are in use."""

    def __init__(self, telemetry: Telemetry, circuit: Circuit, version: Callable[[], int | None]) -> None:
        self.telemetry, self.circuit, self.version = telemetry, circuit, version

    async def run(self, connection: Connection) -> None:
        """For ever. What cannot be sent waits for the next round; whether the server answers is for others to find out."""
        while True:
            await self._wait()
            if self.circuit.state(monotonic()) != "closed":
                continue
            try:
                await self.report(connection)
            except Unreachable as error:
                log.info("telemetry waits: %s", error)
            except Exception:  # whatever it is, the client's other work goes on
                log.exception("telling the server broke")

    async def _wait(self) -> None:
        """For the usual time, a shorter one where requests were counted, or until a batch is full."""
        begun, spread = monotonic(), random.uniform(0.8, 1.2)  # noqa: S311  (so that not all come at once)
        while (left := begun + spread * self._seconds() - monotonic()) > 0:
            await asyncio.sleep(min(left, LOOK_SECONDS))
            if self.telemetry.is_full:
                return

    def _seconds(self) -> float:
        return min(OUTCOME_SECONDS, REPORT_SECONDS) if self.telemetry.has_outcomes else REPORT_SECONDS

    async def report(self, connection: Connection) -> None:
        """Send what there is; raises Unreachable."""
        for batch in self.telemetry.batches(self.version()):
            try:
                await connection.send(batch)
            except (Rejected, KeyRefused) as error:
                log.warning("telemetry is dropped: %s", error)
            self.telemetry.settled(batch)

    def report_last(self, base_url: str, sdk_key: str, *, verify: ssl.SSLContext | bool = True) -> None:
        """What is left when the program ends, without a loop: an event loop can look up no names by then."""
        if self.circuit.state(monotonic()) == "open":
            return
        deadline = monotonic() + LAST_SECONDS
        headers = {"X-API-Key": sdk_key, "Content-Type": "application/json"}
        try:
            with httpx.Client(timeout=LAST_SECONDS, headers=headers, verify=verify) as client:
                while monotonic() < deadline and (batches := self.telemetry.batches(self.version())):
                    answer = client.post(base_url.rstrip("/") + EVENTS, content=batches[0])
                    if answer.is_server_error:
                        answer.raise_for_status()
                    self.telemetry.settled(batches[0])
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.info("the last telemetry is lost: %s", error)
