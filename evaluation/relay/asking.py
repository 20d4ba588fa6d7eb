"""About keys that nobody told of yet: upstream is asked, once for all who wait, and so seldom that guesses stay here."""

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from ..sdk.hearing.circuit import Circuit
from ..sdk.upstream import Unreachable, Upstream
from .holdings import Holdings, sha256_of

# What is no key of ours, nobody needs to be asked about. Tokens are for the management API.
KEY = re.compile(r"ff_(client|server|relay)_[A-Za-z0-9_-]{43}(?:[A-Za-z0-9]{6})?")
HASH = re.compile(r"[0-9a-f]{64}")
# So long an unknown key stays unknown here without asking again; if it works later, the stream tells of it.
UNKNOWN_SECONDS = 30.0
MOST_UNKNOWN = 10_000
# The same where upstream was not asked, or did not answer.
BRIEFLY_SECONDS = 1.0
ASKED_AT_ONCE = 8
ASKED_PER_SECOND = 10.0
BURST = 20.0
# The stream confirms within a second or two; a key that it never told of is dropped, since its revocation would not be told.
CONFIRMED_SECONDS = 10.0

log = logging.getLogger(__name__)


class Asking:
    """Made on the event loop that serves. `asked`, `failed` and `withheld` count questions upstream, and those not put."""

    def __init__(self, upstream: Upstream, holdings: Holdings, *, is_asking: bool = True) -> None:
        self.upstream, self.holdings, self.is_asking = upstream, holdings, is_asking
        self.circuit = Circuit()
        self.asked = self.failed = self.withheld = 0
        self._unknown_until: OrderedDict[str, float] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._tokens, self._filled_at = BURST, time.monotonic()

    def is_unheard(self, secret: str) -> bool:
        """Whether upstream should be asked before this key is refused. From memory, in microseconds."""
        return bool(KEY.fullmatch(secret)) and not self.holdings.knows(secret) and self._is_unheard(sha256_of(secret))

    async def hear_of(self, secret: str) -> None:
        """Returns when the key is among what is held, or is to be refused."""
        if self.is_unheard(secret):
            await self.hear_of_hash(sha256_of(secret))

    async def hear_of_hash(self, sha256: str) -> None:
        """The same for another relay, which knows no more of the key than this."""
        if not HASH.fullmatch(sha256) or not self._is_unheard(sha256):
            return
        if sha256 not in self._under_way:
            if not self._may_ask():
                self.withheld += 1
                self._remember(sha256, BRIEFLY_SECONDS)
                return
            self._under_way[sha256] = task = asyncio.create_task(self._ask(sha256))
            task.add_done_callback(lambda _: self._under_way.pop(sha256, None))
        await asyncio.shield(self._under_way[sha256])

    async def stop(self) -> None:
        for task in list(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _is_unheard(self, sha256: str) -> bool:
        if not self.is_asking or not self.holdings.knows_keys or sha256 in self.holdings.keys:
            return False
        return self._unknown_until.get(sha256, 0.0) <= time.monotonic()

    def _may_ask(self) -> bool:
        now = time.monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._filled_at) * ASKED_PER_SECOND)
        self._filled_at = now
        if self._tokens < 1 or len(self._under_way) >= ASKED_AT_ONCE or not self.circuit.allows(now):
            return False
        self._tokens -= 1
        return True

    async def _ask(self, sha256: str) -> None:
        self.asked += 1
        try:
            told = await self.upstream.find_key(sha256)
        except Unreachable as error:
            self.failed += 1
            self.circuit.failed(time.monotonic())
            self._remember(sha256, BRIEFLY_SECONDS)
            log.warning("upstream could not be asked about a key: %s", error)
            return
        self.circuit.succeeded()
        if told is None or not self._learn(sha256, told):
            self._remember(sha256, UNKNOWN_SECONDS)

    def _learn(self, sha256: str, told: Mapping[str, Any]) -> bool:
        """Whether the key opens anything here: its environment may be one that the stream has not told of yet."""
        environment_id = told.get("environment")
        if told.get("sha256") != sha256 or (environment_id and environment_id not in self.holdings.places):
            return False
        self.holdings.learn_key(told)
        asyncio.get_running_loop().call_later(CONFIRMED_SECONDS, self.holdings.drop_unless_told, sha256)
        return True

    def _remember(self, sha256: str, seconds: float) -> None:
        while len(self._unknown_until) >= MOST_UNKNOWN:
            self._unknown_until.popitem(last=False)
        self._unknown_until[sha256] = time.monotonic() + seconds
