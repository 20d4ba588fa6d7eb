"""The quick way: what can be answered from memory is answered as soon as it is read, without a task and without ASGI.

Everything else, and whatever is odd, goes through the application, which gives the same bytes for the same questions.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from ..wire.problems import Refused, problem, too_large
from ..wire.replies import Reply
from ..wire.requests import api_key_of
from ..wire.telemetry import EVENTS
from . import asgi
from .application import Relay, as_said_at, secret_of
from .connections import KEEP_ALIVE_SECONDS, Connection, Refusal
from .listeners import Listener
from .polls import POLL, Poll
from .questions import Question, door_of
from .responses import CONTINUE, head_of, stream_head

STREAM = "/api/v1/sdk/stream"
# Whose keys may stand in the query, for browsers.
WAITING = (STREAM, POLL)
# A head that names its request, or its place in a trace, comes once.
NAMED = ("x-request-id", "traceparent")
# Beyond this, a body is not copied to stand behind its head.
COPIED_BYTES = 65_536
# Bodies that are still coming, of all connections together.
BODIES_BYTES = 64_000_000


class QuickConnection(Connection):
    """A connection to a relay. `_asked` is the question that is being read, None where the application reads it.

    `_listener` takes the transport over as soon as what has come is read; whatever a client says behind that is ignored.
    `_poll` is a question that waits for news. `_is_between`: nothing has come of the next request yet; `_is_known`: the key of
    the one that is being read is. `_chunk` is what has come just now, where it began with a request.
    """

    bodies_bytes: ClassVar[int] = 0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.relay: Relay = self.config.app  # type: ignore[assignment]  # uvicorn takes any application
        self._asked: Question | None = None
        self._body = bytearray()
        self._listener: Listener | None = None
        self._poll: Poll | None = None
        self._is_last = False
        self._chunk = b""
        self._is_between = True
        self._is_known = False

    @property
    def is_answering(self) -> bool:
        return self._poll is not None or super().is_answering

    def data_received(self, data: bytes) -> None:
        found = self.relay.heads.find(data) if self._is_free() else None
        if found is not None:
            self._ask(*found)
        else:
            self._chunk = data if self._is_between else b""
            super().data_received(data)
            self._chunk = b""

    def _is_free(self) -> bool:
        """What comes now is a request from its first byte on, and can be answered at once."""
        return self._is_between and self._poll is None and not (self.is_lingering or self._is_held_up())

    def on_message_begin(self) -> None:
        self._end_poll()
        self._is_between = False
        self._begin()
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        if self._listener is not None:
            return
        self._asked = None if self._must_wait() else self._question()
        if self._asked is None:
            self._pass_on()
            return
        self._understood()
        if self.expect_100_continue:
            self.transport.write(CONTINUE)

    def _must_wait(self) -> bool:
        """It cannot be answered at once, or is no question at all."""
        return self._is_held_up() or self.parser.should_upgrade()

    def _is_held_up(self) -> bool:
        """Another answer is not out yet, or no answer can go out any more."""
        is_busy = self.cycle is not None and not self.cycle.response_complete
        return is_busy or self.flow.write_paused or self.transport.is_closing()

    def _question(self) -> Question | None:
        """What is asked, as far as it is known before the body; None where it is not for the quick way."""
        url = self.url.decode("latin-1")
        path, _, query = url.partition("?")
        method = self.parser.get_method().decode()
        if not url.isascii() or "%" in path or "#" in url or not self._is_here(method, path):
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        secret = secret_of(headers, query.encode()) if path in WAITING else api_key_of(headers)
        if self.relay.asking.is_unheard(secret):
            return None  # upstream is asked first
        asked = Question(method, path, query, headers, b"", datetime.now(UTC))
        if path == EVENTS and not secret:
            return None  # the key may stand in the query
        announced = headers.get("content-length", "")
        if announced.isdigit() and int(announced) > asgi.BODY_BYTES:
            self._refuse(asked, Refused(too_large(asgi.BODY_BYTES)))
        self._is_known = self.relay.holdings.knows(secret)
        return asked

    def _is_here(self, method: str, path: str) -> bool:
        if path == STREAM:
            return method == "GET" and self.parser.get_http_version() == "1.1"
        return method == "GET" if path == POLL else door_of(path) is not None

    def _pass_on(self) -> None:
        """Begin the request anew, as uvicorn does, with what was read of it."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._listener is not None:
            return
        if self._asked is None:
            super().on_body(body)
            return
        if not self._is_known:
            return  # it is refused without its body
        QuickConnection.bodies_bytes += len(body)
        self._body += body
        if len(self._body) > asgi.BODY_BYTES:
            self._refuse(self._asked, Refused(too_large(asgi.BODY_BYTES)))
        if QuickConnection.bodies_bytes > BODIES_BYTES:
            self._refuse(self._asked, _crowded())

    def on_message_complete(self) -> None:
        if self._listener is not None:
            return
        self._is_between = True
        if self._asked is None:
            super().on_message_complete()
            return
        asked, self._asked = self._asked, None
        self._is_last = not self.parser.should_keep_alive() or self.parser.get_http_version() == "1.0"
        body = bytes(self._taken_body()) if self._body else b""
        is_named = any(name in asked.headers for name in NAMED)
        if self._is_known and not self._is_last and not self.expect_100_continue and not is_named:
            self.relay.heads.keep(self._chunk, asked, body)
        self._ask(asked, body)

    def _ask(self, asked: Question, body: bytes) -> None:
        method, path, query, headers, _, _ = asked
        if path in WAITING:
            self._open(asked)
            return
        question = Question(method, path, query, headers, body, datetime.now(UTC))
        self._send(self.relay.reply_to(question), is_head=method == "HEAD")

    def _open(self, asked: Question) -> None:
        try:
            if asked.path == POLL:
                self._wait(asked)
            else:
                self._listen(asked)
        except Refused as refused:
            self.relay.holdings.tally.count(asked.path, refused.reply.status, 0.0)
            self._send(refused.reply)

    def _wait(self, asked: Question) -> None:
        self._poll = self.relay.streams.waiting(asked.headers, asked.query.encode(), self._told)
        self._poll.begin()

    def _told(self, reply: Reply) -> None:
        self._poll = None
        self._send(reply)

    def _end_poll(self) -> None:
        """Whoever says something more, or has to leave, waits no longer."""
        if self._poll is not None:
            self._poll.end()

    def _listen(self, asked: Question) -> None:
        self._listener = self.relay.streams.listener(asked.headers, asked.query.encode())
        self.relay.holdings.tally.count(STREAM, 200, 0.0)
        self.loop.call_soon(self._hand_over)  # not under the parser's hands

    def _hand_over(self) -> None:
        """From here on the transport is the listener's, and nothing is left of this connection."""
        listener, self._listener = self._listener, None
        self._wait_no_more()
        assert listener is not None  # noqa: S101  (who calls saw it)
        if self.is_lingering or self.transport.is_closing():
            listener.drop()
            return
        self.connections.discard(self)
        self.transport.set_protocol(listener)
        listener.begin(self.transport, stream_head(self.server_state.default_headers))
        self.parser = None  # type: ignore[assignment]  # which holds this connection, as uvicorn lets go of it

    def _send(self, reply: Reply, *, is_head: bool = False) -> None:
        head = head_of(reply, self.server_state.default_headers, close=self._is_last)
        if is_head or not reply.body:
            self.transport.write(head)
        elif len(reply.body) > COPIED_BYTES:
            self.transport.write(head)
            self.transport.write(reply.body)
        else:
            self.transport.write(head + reply.body)
        self.server_state.total_requests += 1
        self.deadline = self.loop.time() + KEEP_ALIVE_SECONDS
        if self._is_last:
            self.transport.close()

    def _refuse(self, asked: Question, refused: Refused) -> None:
        """Before all of it was read, so that nothing more can be said here."""
        reply = as_said_at(asked.path, refused)
        self.relay.holdings.tally.count(asked.path, reply.status, 0.0)
        raise Refusal(head_of(reply, self.server_state.default_headers, close=True) + reply.body)

    def _taken_body(self) -> bytearray:
        body, self._body = self._body, bytearray()
        QuickConnection.bodies_bytes -= len(body)
        return body

    def part(self, said: bytes) -> None:
        if self._listener is not None:
            return
        self._taken_body()
        super().part(said)

    def shutdown(self) -> None:
        self._end_poll()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._taken_body()
        if self._poll is not None:
            self._poll.leave()
        super().connection_lost(exc)


def _crowded() -> Refused:
    detail = "Too many large questions are coming at once. Try again in some seconds."
    return Refused(problem(503, "too-busy", "Too busy", detail, headers=(("Retry-After", "2"),)))
