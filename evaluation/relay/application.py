"""The relay as an ASGI application: who answers what."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter

from ..sdk.upstream import JWKS, Upstream
from ..wire import ofrep
from ..wire.ofrep_failures import failure
from ..wire.problems import Refused, failed, method_not_allowed, problem
from ..wire.relays import KEYS
from ..wire.relays import STREAM as RELAY_STREAM
from ..wire.replies import PREFLIGHT_HEADERS, Reply
from ..wire.request_ids import HEADER, current, named_in
from ..wire.requests import api_key_of, query_pairs
from . import status
from .asgi import Gone, Message, Receive, Scope, Send, headers_of, read_body, reply
from .asking import Asking
from .forwarder import Forwarder
from .heads import Heads
from .holdings import Holdings
from .metrics import metrics
from .observer import Observer
from .plan import Plan
from .public import Public
from .questions import Question, reply_to, unreadable_query
from .relays import Relays
from .reports import Reports
from .spool import Spool
from .store import Store
from .streams import Streams
from .window import open_window

# Longer than the first of several processes takes to be started again and to hear everything anew.
FILLED_SECONDS = 5.0

log = logging.getLogger(__name__)

Stream = Callable[[Scope, Receive, Send], Awaitable[None]]


class Relay:
    """Everything of one process. Start it on the event loop that serves."""

    def __init__(
        self,
        upstream: Upstream,
        store: Store | None = None,
        *,
        public: Public | None = None,
        plan: Plan | None = None,
        window: tuple[str, int, str] = ("", 0, ""),
    ) -> None:
        """`window` is where this process alone shows its metrics, if its port is not 0, and the token for a profile."""
        self.id = secrets.token_hex(16)
        self.upstream = upstream
        self.store = store
        self.public = public
        self.plan = plan or Plan()
        self.heads = Heads()
        self.window_at = window

    async def start(self) -> None:
        self.holdings = Holdings(self.public)
        self.streams = Streams(self.holdings)
        self.follower = self.plan.follower(self.upstream, self.holdings, self.store)
        self.forwarder = Forwarder(
            self.holdings.batches, self.upstream, Spool(self.store.folder) if self.store else None
        )
        self.asking = Asking(self.upstream, self.holdings, is_asking=self.plan.hears_of_keys)
        self.relays = Relays(self.holdings, self.asking)
        self.plan.begin(self.follower)
        self.forwarder.start()
        self.observer = Observer(self.holdings)
        if self.plan.has_upstream:
            self.observer.start()
        self.reports = Reports(self.holdings, self.upstream, self.id)
        if self.plan.reports:
            self.reports.start()
        self.window = open_window(*self.window_at, self.metrics)
        self._following = asyncio.create_task(self.follower.run() if self.plan.has_upstream else asyncio.sleep(0))

    async def stop(self) -> None:
        """Say goodbye to every stream, and pass on what is still to be passed on."""
        if self.window is not None:
            await asyncio.to_thread(self.window.close)
        self._following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._following
        await self.asking.stop()
        self.holdings.hub.stop()
        if self.plan.has_upstream:
            await self.observer.stop()
        await asyncio.gather(self.forwarder.stop(), *([self.reports.stop()] if self.plan.reports else []))
        await self.follower.stop()
        await self.upstream.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.start()
        if self.plan.shares_its_port:
            await self._fill_up()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _fill_up(self) -> None:
        """Before anybody is answered: beside processes that know everything, a new one must not say that it knows nothing.

        Who connects meanwhile waits. Where upstream is down nobody knows anything, and that has to be said some time.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FILLED_SECONDS):
                while not self.holdings.is_whole:
                    await asyncio.sleep(0.02)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ws/sdk":
            await self.asking.hear_of(secret_of(headers_of(scope), scope["query_string"]))
            await self.streams.socket(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A base URL may end with a slash; several OpenFeature providers put "/ofrep" behind it as it is.
        path = scope["path"].removeprefix("/") if scope["path"].startswith("//ofrep/") else scope["path"]
        begun, began, name = False, perf_counter(), named_in(headers_of(scope))
        current.set(name)

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                self.holdings.tally.count(path, message["status"], perf_counter() - began)
                if name:
                    message["headers"] = [*message["headers"], (HEADER.lower().encode(), name.encode())]
                _answered(path, message["status"])
            await send(message)

        try:
            await self._answer(path, scope, receive, sending)
        except (Gone, TimeoutError):
            return
        except Refused as refused:
            await reply(sending, as_said_at(path, refused), close=refused.reply.status == 413)
        except Exception:
            log.exception("%s broke", path)
            if not begun:
                await reply(sending, as_said_at(path, Refused(failed(current.get()))))

    async def _answer(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        if path.startswith(PROGRAMS):
            await self.asking.hear_of(secret_of(headers_of(scope), scope["query_string"]))
        if (stream := self._stream_at(path)) is not None:
            await self._open(stream, scope, receive, send)
        elif (probe := self._probe_at(path)) is not None:
            await reply(send, probe)
        elif path.startswith(KEYS) and scope["method"] != "OPTIONS":
            await self.relays.key(scope, receive, send)
        elif path.startswith(PROGRAMS):
            await reply(send, self._reply_to(await _question(path, scope, receive)))
        else:
            raise Refused(problem(404, "no-such-address", "Nothing here", "This is a relay: it serves the SDK API."))

    def reply_to(self, question: Question) -> Reply:
        """The reply, whatever happens, for the quick way. It is counted here, as `_http` counts its own."""
        began = perf_counter()
        if name := named_in(question.headers):
            return self._named_reply_to(question, name)
        reply = self._reply_to(question)
        self.holdings.tally.count(question.path, reply.status, perf_counter() - began)
        return reply

    def _named_reply_to(self, question: Question, name: str) -> Reply:
        token, began = current.set(name), perf_counter()
        try:
            reply = self._reply_to(question)
            self.holdings.tally.count(question.path, reply.status, perf_counter() - began)
            _answered(question.path, reply.status)
            return replace(reply, headers=(*reply.headers, (HEADER, name)))
        finally:
            current.reset(token)

    def _reply_to(self, question: Question) -> Reply:
        try:
            return reply_to(question, self.holdings)
        except Exception:
            log.exception("%s broke", question.path)
            return as_said_at(question.path, Refused(failed(current.get())))

    def _stream_at(self, path: str) -> Stream | None:
        streams: dict[str, Stream] = {
            "/api/v1/sdk/stream": self.streams.sse,
            "/api/v1/sdk/poll": self.streams.poll,
            RELAY_STREAM: self.relays.sse,
            ofrep.STREAM: self.streams.ofrep,
        }
        return streams.get(path)

    async def _open(self, stream: Stream, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await reply(send, Reply(204, b"", headers=tuple(PREFLIGHT_HEADERS.items())))
        elif scope["method"] != "GET":
            await reply(send, method_not_allowed("GET, OPTIONS"))
        else:
            await _opened(stream, scope, receive, send)

    def _probe_at(self, path: str) -> Reply | None:
        if path == "/livez":
            return status.livez()
        if path == "/metrics":
            return self.metrics()
        if path == "/readyz":
            return status.readyz(self.holdings)
        if path == JWKS:
            return status.public_keys(self.follower.heard.jwks)
        return status.status(self.holdings, self.follower, self.clients(), self.plan) if path == "/status" else None

    def metrics(self) -> Reply:
        return metrics(self.holdings, self.follower, self.clients())

    def clients(self) -> dict[str, int]:
        """How many hold a connection open, by the kind of it."""
        return {**self.streams.by_kind(), "relay": self.relays.open}


def _answered(path: str, status: int) -> None:
    if log.isEnabledFor(logging.DEBUG):
        log.debug("answered", extra={"path": path, "status": status})


def secret_of(headers: Mapping[str, str], query: bytes) -> str:
    """The API key that a request carries, wherever; "" for none, and where nothing can be read."""
    if secret := api_key_of(headers):
        return secret
    with contextlib.suppress(UnicodeDecodeError, Refused):
        return dict(query_pairs(query.decode("ascii"))).get("key", "")
    return ""


PROGRAMS = ("/api/v1/sdk/", ofrep.ROOT)


async def _opened(stream: Stream, scope: Scope, receive: Receive, send: Send) -> None:
    """A stream says why it is refused as the SDK API does, at OFREP's address too."""
    try:
        await stream(scope, receive, send)
    except Refused as refused:
        await reply(send, refused.reply)


async def _question(path: str, scope: Scope, receive: Receive) -> Question:
    body = await read_body(scope, receive)
    try:
        query = scope["query_string"].decode()
    except UnicodeDecodeError:
        raise unreadable_query() from None
    return Question(scope["method"], path, query, headers_of(scope), body, datetime.now(UTC))


def as_said_at(path: str, refused: Refused) -> Reply:
    """A refusal in the words of the protocol that this address speaks."""
    return failure(refused.reply, path) if path.startswith(ofrep.ROOT) else refused.reply
