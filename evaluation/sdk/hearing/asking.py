"""Asking the server for evaluated values, in the background, as contexts are wanted and go stale."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from time import monotonic

from ...core.context import Context
from ..upstream import KeyRefused, Unreachable
from ..values import Values
from .backoff import Backoff
from .circuit import Circuit
from .connection import FLAGS, Busy, Connection, Rejected, Reply
from .retries import Broken, retried
from .status import Status

REFUSED_SECONDS = 30.0
LOOK_SECONDS = 1.0

log = logging.getLogger(__name__)


class Asking:
    """The background work of a client that has the server evaluate.

    `heard` is called whenever the server answered, with the keys of the flags that are different now.
    """

    def __init__(
        self,
        connection: Connection,
        values: Values,
        circuit: Circuit,
        status: Status,
        woken: asyncio.Event,
        heard: Callable[[frozenset[str]], object],
    ) -> None:
        self.connection, self.values, self.circuit, self.status = connection, values, circuit, status
        self._woken, self._heard, self._backoff = woken, heard, Backoff()

    async def run(self) -> None:
        """For ever."""
        while True:
            self._woken.clear()
            await asyncio.sleep(await self._round())
            try:
                await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue

    async def _round(self) -> float:
        """Ask for everybody who is due; how long to wait then."""
        for context in self.values.due():
            try:
                await self._ask(context)
            except Rejected as error:
                log.warning("the server does not take this context: %s", error)
            except Unreachable as error:
                self.values.want(context)
                return self._failed(error)
            except Exception:  # whatever it is, the next context has its turn
                log.exception("asking for values broke")
        return 0.0

    def _failed(self, error: Unreachable) -> float:
        said = str(error)
        if said != self.status.trouble:  # an outage is one line in the log
            log.warning("%s", said)
        self.status.trouble, self.values.is_failing = said, True
        if isinstance(error, KeyRefused):
            return REFUSED_SECONDS
        if isinstance(error, Busy):
            return error.seconds
        return self.circuit.wait_seconds(monotonic()) if isinstance(error, Broken) else self._backoff.next_seconds()

    async def _ask(self, context: Context) -> None:
        held = self.values.held_for(context)
        body = json.dumps({"context": context.attributes}, default=str).encode()
        headers = {"If-None-Match": held.etag} if held else {}
        reply = await retried(lambda: self.connection.ask("POST", FLAGS, headers=headers, body=body), self.circuit)
        # What came by the stream meanwhile may be newer, and is not older.
        is_overtaken = self.values.held_for(context) is not held
        changed = frozenset() if is_overtaken else self._taken(context, reply)
        self.values.is_failing = False
        self._backoff.succeeded()
        self.status.heard()
        self._heard(changed)

    def _taken(self, context: Context, reply: Reply) -> frozenset[str]:
        held, checksum = self.values.held_for(context), hashlib.sha256(reply.body).hexdigest()
        if held is not None and (reply.status == 304 or held.checksum == checksum):
            held.at = monotonic()
            return frozenset()
        try:
            return self.values.take(context, json.loads(reply.body), reply.headers.get("ETag", ""), checksum)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Unreachable(f"what the server says cannot be read: {error!r}") from None
