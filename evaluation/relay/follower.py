"""The one background task of a relay: it opens the stream upstream, has what comes heard, and opens it again."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable

from ..sdk.events import Event
from ..sdk.hearing.backoff import LONGEST_SECONDS, Backoff
from ..sdk.hearing.circuit import OPEN_SECONDS, Circuit
from ..sdk.mirror import Mirror
from ..sdk.refusals import Refusals
from ..sdk.upstream import KeyRefused, Unreachable, Upstream
from ..wire.trust import Strangers
from .anchor import Anchor
from .heard import Doubt, Heard, named
from .holdings import Holdings
from .store import Store
from .subscriptions import Everything, Subscription

# After a refusal the stream is opened again, late enough for the other environments to be heard first.
ASK_AGAIN_SECONDS = 1.0
# A connection that lasted so long was a good one; the next failure is waited for briefly again.
GOOD_SECONDS = 10.0

log = logging.getLogger(__name__)


class Follower:
    """`connected_since` is None while upstream is out of reach; `trouble` says in words what is wrong."""

    def __init__(
        self,
        upstream: Upstream,
        holdings: Holdings,
        store: Store | None,
        *,
        subscription: Subscription | None = None,
        anchor: Anchor | None = None,
        longest_wait: float = LONGEST_SECONDS,
    ) -> None:
        self.upstream, self.holdings, self.store = upstream, holdings, store
        self.subscription = subscription or Everything()
        self.heard = Heard(holdings, store, anchor)
        self.circuit = Circuit(open_seconds=min(OPEN_SECONDS, longest_wait))
        self.connected_since: float | None = None
        self.heard_at: float | None = None
        self._trouble = "not connected yet"
        self._backoff = Backoff(longest_seconds=longest_wait)

    @property
    def trouble(self) -> str:
        return "; ".join(dict.fromkeys(filter(None, (self.heard.refused, self._trouble))))

    @property
    def mirror(self) -> Mirror:
        return self.heard.mirror

    @property
    def refusals(self) -> Refusals:
        return self.heard.refusals

    def recall(self) -> None:
        """Begin with what is on disk."""
        self.heard.recall()

    async def stop(self) -> None:
        """When what must be kept is kept. Whoever runs this follower has ended that before."""
        await self.heard.stop()

    async def run(self) -> None:
        """For ever."""
        while True:
            began = time.monotonic()
            self.circuit.allows(began)
            self._trouble = await self._attempt()
            now = time.monotonic()
            if self.connected_since is None:
                self.circuit.failed(now)
            elif now - began > GOOD_SECONDS:
                self._backoff.succeeded()
            self.connected_since = None
            await asyncio.sleep(max(self._backoff.next_seconds(), self.circuit.wait_seconds(now)))

    async def _attempt(self) -> str:
        """Follow until that ends; returns why it did."""
        try:
            await self._follow()
        except KeyRefused as error:
            log.warning("upstream: %s", error)
            self._hear(self.subscription.refused(error))
            return str(error)
        except (Unreachable, Doubt) as error:
            log.warning("upstream: %s", error)
            return str(error)
        except Exception as error:  # whatever it is, the relay goes on serving and tries again
            log.exception("following upstream broke")
            return named(error)
        return "upstream ended the stream"

    async def _follow(self) -> None:
        await self._fetch_keys()
        await self.subscription.prepare(self.upstream)
        try:
            async with asyncio.timeout(None) as limit:
                await self._listen(limit)
        except TimeoutError:
            raise Doubt(self.heard.refused) from None

    async def _listen(self, limit: asyncio.Timeout) -> None:
        positions = self.subscription.last_event_id(self.mirror.positions())
        stream = self.upstream.events(self.subscription.path, last_event_id=positions)
        async with contextlib.aclosing(stream) as events:
            async for event in events:
                self._is_connected()
                await self.hear(event)
                if self.mirror.doubted and limit.when() is None:
                    limit.reschedule(asyncio.get_running_loop().time() + ASK_AGAIN_SECONDS)

    def _is_connected(self) -> None:
        self.heard_at = time.time()
        if self.connected_since is None:
            self.connected_since, self._trouble = self.heard_at, ""
            self.circuit.succeeded()

    async def _fetch_keys(self) -> None:
        told = b"" if self.heard.anchor.jwks else await self.upstream.public_keys()
        try:
            self.heard.hear_public_keys(told)
        except Strangers as error:
            raise Doubt(f"{error}. If that is meant, {self._way_out()}") from None
        except ValueError as error:
            raise Doubt(f"upstream's public keys are not believed: {error}") from None

    def _way_out(self) -> str:
        if self.heard.anchor.names:
            return "pin others"
        return (
            f"end this relay, remove {self.store.folder}, and start it again"
            if self.store
            else "start this relay again"
        )

    async def hear(self, event: Event) -> None:
        """Take one event of the stream; raises Doubt for what is none of ours."""
        try:
            self._hear(self.subscription.told(event))
        except (ValueError, KeyError, TypeError) as error:
            raise Doubt(f'"{event.name}" cannot be read: {named(error)}') from None

    def _hear(self, events: Iterable[Event]) -> None:
        for event in events:
            self.heard.hear(event)
