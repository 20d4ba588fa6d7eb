"""The one background task of a relay: it follows upstream, verifies what comes, and keeps it in memory and on disk."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..core.delta import DeltaMismatch
from ..core.manifest import InvalidManifest
from ..core.values import InvalidJson
from ..sdk.backoff import Backoff
from ..sdk.events import Event
from ..sdk.mirror import Copy, Mirror
from ..sdk.upstream import Unreachable, Upstream
from ..wire.jws import Untrusted, keys_of
from ..wire.relays import last_event_id
from .holdings import Holdings
from .store import Store

STREAM = "/api/v1/sdk/relay/stream"
# After a refusal the stream is opened again, late enough for the other environments to be heard first.
ASK_AGAIN_SECONDS = 1.0
# A connection that lasted so long was a good one; the next failure is waited for briefly again.
GOOD_SECONDS = 10.0

log = logging.getLogger(__name__)


class Doubt(Exception):
    """Something that came cannot be used; it is asked for again."""


class Follower:
    """`connected_since` is None while upstream is out of reach; `trouble` says in words what is wrong."""

    def __init__(self, upstream: Upstream, holdings: Holdings, store: Store | None) -> None:
        self.upstream, self.holdings, self.store = upstream, holdings, store
        self.mirror = Mirror({})
        self.connected_since: float | None = None
        self.heard_at: float | None = None
        self.refused = 0
        self.trouble = "not connected yet"
        self._environments: dict[str, dict[str, Any]] = {}
        self._keys: dict[str, dict[str, Any]] = {}

    def recall(self) -> None:
        """Begin with what is on disk; what cannot be read or verified is left there unused."""
        if self.store is None or not (jwks := self.store.jwks()):
            return
        try:
            self.mirror.keys = keys_of(json.loads(jwks))
            self._recall_scope(self.store.scope())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("what is kept in %s cannot be used: %s: %s", self.store.folder, _name(error), error)
        for environment_id, put in self.store.manifests().items():
            if environment_id in self._environments:
                self._recall(environment_id, put)

    def _recall_scope(self, scope: dict[str, Any]) -> None:
        if scope:
            self._hear_environments(scope["environments"])
            self._hear_keys(scope["keys"])

    def _recall(self, environment_id: str, put: dict[str, Any]) -> None:
        try:
            self.holdings.swap(self.mirror.recall(environment_id, put))
        except (Untrusted, InvalidManifest, InvalidJson) as error:
            self.mirror.forget(environment_id)
            self.refused += 1
            log.warning("what is kept of environment %s is refused: %s: %s", environment_id, _name(error), error)

    async def run(self) -> None:
        """For ever."""
        backoff = Backoff()
        while True:
            began = time.monotonic()
            try:
                await self._follow()
                self.trouble = "upstream ended the stream"
            except (Unreachable, Doubt) as error:
                self.trouble = str(error)
                log.warning("upstream: %s", error)
            except Exception as error:  # whatever it is, the relay goes on serving and tries again
                self.trouble = f"{_name(error)}: {error}"
                log.exception("following upstream broke")
            if self.connected_since is not None and time.monotonic() - began > GOOD_SECONDS:
                backoff.succeeded()
            self.connected_since = None
            await asyncio.sleep(backoff.next_seconds())

    async def _follow(self) -> None:
        await self._fetch_keys()
        try:
            async with asyncio.timeout(None) as limit:
                await self._listen(limit)
        except TimeoutError:
            raise Doubt(self.trouble) from None

    async def _listen(self, limit: asyncio.Timeout) -> None:
        positions = last_event_id(self.mirror.positions())
        async with contextlib.aclosing(self.upstream.events(STREAM, last_event_id=positions)) as events:
            async for event in events:
                self.heard_at = time.time()
                if self.connected_since is None:
                    self.connected_since, self.trouble = self.heard_at, ""
                await self.hear(event)
                if self.mirror.doubted and limit.when() is None:
                    limit.reschedule(asyncio.get_running_loop().time() + ASK_AGAIN_SECONDS)

    async def _fetch_keys(self) -> None:
        jwks = await self.upstream.public_keys()
        try:
            self.mirror.keys = keys_of(json.loads(jwks))
        except ValueError as error:
            raise Doubt(f"upstream's public keys cannot be read: {error}") from None
        if self.store:
            await asyncio.to_thread(self.store.keep_jwks, jwks)

    async def hear(self, event: Event) -> None:
        """Take one event of the stream; raises Doubt for what is none of ours."""
        try:
            document = json.loads(event.data)
            if event.name == "environments":
                self._hear_environments(document)
            elif event.name == "keys":
                self._hear_keys(document)
            elif event.name in TAKES:
                await self._hear_rules(event.name, document)
                return
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Doubt(f'"{event.name}" cannot be read: {_name(error)}: {error}') from None
        if self.store:
            scope = list(self._environments.values()), list(self._keys.values())
            await asyncio.to_thread(self.store.keep_scope, *scope)

    def _hear_environments(self, told: list[dict[str, Any]]) -> None:
        self._environments = {each["id"]: each for each in told}
        self.holdings.set_places(told)
        for environment_id in self.mirror.copies.keys() - self._environments.keys():
            self.mirror.forget(environment_id)
            if self.store:
                self.store.forget(environment_id)

    def _hear_keys(self, told: Any) -> None:
        if isinstance(told, list):
            self._keys = {each["sha256"]: each for each in told}
            self.holdings.set_keys(told)
            return
        for sha256 in told["removed"]:
            self._keys.pop(sha256, None)
        self._keys |= {each["sha256"]: each for each in told["added"]}
        self.holdings.change_keys(told["added"], told["removed"])

    async def _hear_rules(self, kind: str, document: dict[str, Any]) -> None:
        environment_id = document["environment"]
        is_waiting_for_whole = environment_id in self.mirror.doubted and kind != "put"
        if environment_id not in self._environments or is_waiting_for_whole:
            return
        try:
            copy = TAKES[kind](self.mirror, environment_id, document, datetime.now(UTC))
            self.holdings.swap(copy)
        except (Untrusted, DeltaMismatch, InvalidManifest, InvalidJson) as error:
            self._doubt(environment_id, error)
        else:
            await self._keep(copy)

    def _doubt(self, environment_id: str, error: Exception) -> None:
        """What is held goes on being served; the whole is asked for when the stream is opened again."""
        self.refused += 1
        self.mirror.doubt(environment_id)
        self.trouble = f"environment {environment_id} is refused: {_name(error)}: {error}"

    async def _keep(self, copy: Copy) -> None:
        if self.store:
            await asyncio.to_thread(self.store.keep, copy)


TAKES: dict[str, Callable[[Mirror, str, dict[str, Any], datetime], Copy]] = {
    "put": lambda mirror, environment_id, document, now: mirror.replace(environment_id, document, now=now),
    "delta": lambda mirror, environment_id, document, now: mirror.change(environment_id, document, now=now),
    "freshness": lambda mirror, environment_id, document, now: mirror.renew(environment_id, document),
}


def _name(error: Exception) -> str:
    return type(error).__name__
