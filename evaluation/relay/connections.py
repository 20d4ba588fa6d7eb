"""One connection within bounds of size and time, and with a last word that arrives."""

from http import HTTPStatus
from typing import Any, ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# A request's first line and headers together.
HEAD_BYTES = 65_536
HEADERS = 100
# Heads that are still coming, of all connections together.
HEADS_BYTES = 32_000_000
# The library for WebSockets reads lines of 8,192 bytes, and says nothing to longer ones.
HANDSHAKE_LINE_BYTES = 8_000
# So long may it take until a request's head is there, and then until its body is.
HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
# Longer than the 60 s of common proxies, so that it is never we who close a connection which they are about to use.
KEEP_ALIVE_SECONDS = 75.0
# After a last word we go on reading: closing with unread bytes in hand would take the word away again.
LINGER_SECONDS = 2.0


class Refusal(Exception):
    """Raised while a request is read: its answer is `said`, and nothing more is read."""

    def __init__(self, said: bytes) -> None:
        super().__init__(said)
        self.said = said


def plain(status: HTTPStatus, detail: str) -> bytes:
    """An answer to something that is not yet, or never will be, a request."""
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
    return f"{head}content-length: {len(detail)}\r\nconnection: close\r\n\r\n{detail}".encode()


MALFORMED = plain(HTTPStatus.BAD_REQUEST, "This is no HTTP request.")
TOO_SLOW = plain(HTTPStatus.REQUEST_TIMEOUT, "The request took too long to come.")
TOO_MUCH = plain(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"At most {HEADERS} headers and {HEAD_BYTES} bytes before the body."
)
TOO_MANY = plain(HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests are half here. Try again in some seconds.")


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, for clients that are slow, broken or mean.

    `deadline` is when it has done for too long what it is doing, on the loop's clock; `Server` looks every second.
    """

    heads_bytes: ClassVar[int] = 0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.deadline = self.loop.time() + KEEP_ALIVE_SECONDS
        self.is_lingering = False
        self._is_begun = False
        self._is_fresh = False
        self._head_bytes = self._chunk_bytes = 0
        self._unsent = self._waiting = 0

    def data_received(self, data: bytes) -> None:
        if self.is_lingering:
            return
        self._is_fresh, self._chunk_bytes = False, len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._upgraded()
        except httptools.HttpParserError as error:
            cause = error.__context__
            self.part(cause.said if isinstance(cause, Refusal) else MALFORMED)
        else:
            if self._is_begun:
                self._wait_for_more(len(data))

    def _wait_for_more(self, size: int) -> None:
        """Part of a head has come. The parser tells of a header when it is whole; an endless one is seen here alone."""
        self._head_bytes += 0 if self._is_fresh else size
        self._waiting += size
        Connection.heads_bytes += size
        if self._head_bytes > HEAD_BYTES:
            self.part(TOO_MUCH)
        elif Connection.heads_bytes > HEADS_BYTES:
            self.part(TOO_MANY)

    def _wait_no_more(self) -> None:
        Connection.heads_bytes -= self._waiting
        self._waiting = 0

    def _upgraded(self) -> None:
        if not self._should_upgrade():
            return
        longest = max(len(self.url), *(len(name) + len(value) for name, value in self.headers))
        if longest > HANDSHAKE_LINE_BYTES:
            self.part(TOO_MUCH)
        else:
            self.handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        self._begin()
        super().on_message_begin()

    def _begin(self) -> None:
        self.deadline = self.loop.time() + HEAD_SECONDS
        self._is_begun = self._is_fresh = True
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_begun:  # behind a chunked body
            return
        if len(self.headers) >= HEADERS:
            raise Refusal(TOO_MUCH)
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._understood()
        super().on_headers_complete()

    def _understood(self) -> None:
        self.deadline = self.loop.time() + BODY_SECONDS
        self._is_begun = False
        if self._waiting:
            self._wait_no_more()
        if self._chunk_bytes > HEAD_BYTES:  # else it has been counted
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > HEAD_BYTES:
                raise Refusal(TOO_MUCH)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._unset_keepalive_if_required()  # the deadline is our timer
        self.deadline = self.loop.time() + KEEP_ALIVE_SECONDS

    @property
    def is_answering(self) -> bool:
        """A whole request is being answered by the application, or waits for its turn."""
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def expire(self) -> None:
        """The deadline is over. A client that takes what it asked for, however slowly, may go on."""
        unsent = self.transport.get_write_buffer_size()
        if self.is_lingering or unsent == self._unsent != 0:
            self.transport.abort()
        elif unsent:
            self._unsent = unsent
            self.deadline = self.loop.time() + KEEP_ALIVE_SECONDS
        elif self._is_begun:
            self.part(TOO_SLOW)
        else:
            self.transport.close()

    def part(self, said: bytes) -> None:
        """The last word of this connection."""
        self._wait_no_more()
        if self.is_answering or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.is_lingering = True
        self.deadline = self.loop.time() + LINGER_SECONDS
        self.transport.write(said)
        self.transport.write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)
