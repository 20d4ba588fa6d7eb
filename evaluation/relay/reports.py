"""What a relay says upstream of how far versions have come: by itself, and by the relays behind it."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from collections.abc import Iterable

from ..sdk.about import VERSION
from ..sdk.hearing.backoff import Backoff
from ..sdk.upstream import NeverTaken, Unreachable, Upstream
from ..wire.convergence import (
    AGAIN_SECONDS,
    MOST_USED,
    REPORT,
    SOON_SECONDS,
    USED_SECONDS,
    Report,
    Reporter,
    report_bytes,
)
from .holdings import Holdings

GOODBYE_SECONDS = 2.0
# So many environments go into one report.
AT_ONCE = 500

log = logging.getLogger(__name__)


class Reports:
    """One task. Reports that get lost are made good by the next; nothing waits for one."""

    def __init__(self, holdings: Holdings, upstream: Upstream, reporter_id: str = "") -> None:
        self.holdings, self.upstream = holdings, upstream
        self.id, self.name = reporter_id or secrets.token_hex(16), f"{socket.gethostname()} ({os.getpid()})"[:200]
        self._started = time.time()
        self._trouble = ""
        self._used_at = -USED_SECONDS

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Say goodbye, if that can be done soon: whoever does is not missed."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        used = dict(list(self.holdings.said_of_keys().items())[:MOST_USED])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._send(Report([], [self.id], used))

    async def _run(self) -> None:
        """For ever; whatever goes wrong, the next report makes it good."""
        backoff, said_at = Backoff(), -AGAIN_SECONDS
        while True:
            is_due = time.monotonic() - said_at >= AGAIN_SECONDS
            said_at = time.monotonic() if is_due else said_at
            try:
                is_heard = await self._report(everything=is_due)
            except Exception:
                log.exception("reporting broke")
                is_heard = False
            if is_heard:
                backoff.succeeded()
            await asyncio.sleep(SOON_SECONDS if is_heard else max(SOON_SECONDS, backoff.next_seconds()))

    async def _report(self, *, everything: bool) -> bool:
        """Whether upstream has heard all that there was to say."""
        reach, passed = self.holdings.hub.reach, self.holdings.passed.hand_on()
        changed, reach.changed = reach.changed, set()
        wanted = (changed | self.holdings.places.keys()) if everything else changed
        known = sorted(wanted & self.holdings.places.keys())
        reports = [Report([self._own(known[at : at + AT_ONCE])]) for at in range(0, len(known), AT_ONCE)]
        if passed.reporters or passed.gone:
            reports.append(passed)
        used = self._used()
        parts = [dict(used[at : at + MOST_USED]) for at in range(0, len(used), MOST_USED)]
        reports += [Report([], used=part) for part in parts]
        for report in reports:
            if not await self._send(report):
                reach.changed |= set(known)
                self.holdings.uses.take(dict(used))
                self.holdings.passed.take(Report([], passed.gone))  # the rest is said again before it is missed
                return False
        return True

    def _used(self) -> list[tuple[str, float]]:
        """Once a minute, when which keys were used."""
        if time.monotonic() - self._used_at < USED_SECONDS:
            return []
        self._used_at = time.monotonic()
        return list(self.holdings.said_of_keys().items())

    def _own(self, environment_ids: Iterable[str]) -> Reporter:
        reach, rules = self.holdings.hub.reach, self.holdings.rules
        seen = {
            each: reach.seen(each) | {"holds": rules[each].version if each in rules else 0} for each in environment_ids
        }
        return Reporter(self.id, self.name, seen, version=VERSION, started=self._started)

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
