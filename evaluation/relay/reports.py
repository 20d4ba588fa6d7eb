"""What a relay says upstream of how far versions have come: by itself, and by the relays behind it."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from collections.abc import Iterable

from ..sdk.upstream import NeverTaken, Unreachable, Upstream
from ..wire.convergence import AGAIN_SECONDS, REPORT, SOON_SECONDS, Report, Reporter, report_bytes
from .holdings import Holdings

GOODBYE_SECONDS = 2.0

log = logging.getLogger(__name__)


class Reports:
    """One task. Reports that get lost are made good by the next; nothing waits for one."""

    def __init__(self, holdings: Holdings, upstream: Upstream) -> None:
        self.holdings, self.upstream = holdings, upstream
        self.id, self.name = secrets.token_hex(16), f"{socket.gethostname()} ({os.getpid()})"[:200]
        self._trouble = ""

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Say goodbye, if that can be done soon: whoever does is not missed."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._send(Report([], [self.id]))

    async def _run(self) -> None:
        said_at = 0.0
        while True:
            reach = self.holdings.hub.reach
            changed, reach.changed = reach.changed, set()
            if time.monotonic() - said_at >= AGAIN_SECONDS:
                said_at = time.monotonic()
                changed |= self.holdings.places.keys()
            passed = self.holdings.passed.hand_on()
            own = self._own(changed)
            if own.seen or passed.reporters or passed.gone:
                report = Report([*([own] if own.seen else []), *passed.reporters], passed.gone)
                if not await self._send(report):
                    reach.changed |= changed
            await asyncio.sleep(SOON_SECONDS)

    def _own(self, environment_ids: Iterable[str]) -> Reporter:
        reach, rules = self.holdings.hub.reach, self.holdings.rules
        known = [each for each in environment_ids if each in self.holdings.places]
        seen = {each: reach.seen(each) | {"holds": rules[each].version if each in rules else 0} for each in known}
        return Reporter(self.id, self.name, seen)

    async def _send(self, report: Report) -> bool:
        try:
            await self.upstream.send(REPORT, report_bytes(report, now=time.time()))
        except (Unreachable, NeverTaken) as error:
            if not self._trouble:
                log.warning("upstream does not hear how far versions have come: %s", error)
            self._trouble = str(error)
            return False
        self._trouble = ""
        return True
