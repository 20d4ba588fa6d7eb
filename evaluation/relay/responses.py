"""A reply as HTTP/1.1 writes it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ..wire.replies import CORS_HEADERS, SSE_HEADERS, Reply

WITHOUT_BODY = (204, 304)
LAST = ("\r\n", "connection: close\r\n\r\n")  # by whether it is the last reply of a connection
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def headers_of(reply: Reply, *, close: bool = False) -> dict[str, str]:
    """All headers but those of the server itself."""
    headers = {"Content-Type": reply.content_type, **CORS_HEADERS, **dict(reply.headers)}
    if reply.status not in WITHOUT_BODY:
        headers["Content-Length"] = str(len(reply.body))
    if close:
        headers["Connection"] = "close"
    return headers


def head_of(reply: Reply, defaults: Sequence[tuple[bytes, bytes]], *, close: bool) -> bytes:
    """The bytes before the body; `defaults` are the server's own headers."""
    if reply.status == 204:  # a preflight says some of it otherwise
        return _head(reply.status, defaults, headers_of(reply, close=close))
    own, last = "".join([f"{name.lower()}: {value}\r\n" for name, value in reply.headers]), LAST[close]
    rest = own + last if reply.status in WITHOUT_BODY else f"{own}content-length: {len(reply.body)}\r\n{last}"
    return _begun(reply.status, reply.content_type, tuple(defaults)) + rest.encode("latin-1")


@lru_cache(maxsize=64)
def _begun(status: int, content_type: str, defaults: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """What all replies of a kind begin with, for a second: the server's own headers tell the time."""
    ours = b"".join([b"%b: %b\r\n" % header for header in defaults])
    return STATUS_LINE[status] + ours + _lines({"Content-Type": content_type, **CORS_HEADERS})


def stream_head(defaults: Sequence[tuple[bytes, bytes]]) -> bytes:
    """What stands before a stream of events, which comes in chunks."""
    return _head(200, defaults, {**SSE_HEADERS, "Transfer-Encoding": "chunked"})


def _head(status: int, defaults: Sequence[tuple[bytes, bytes]], headers: Mapping[str, str]) -> bytes:
    ours = b"".join([b"%b: %b\r\n" % header for header in defaults])
    return b"%b%b%b\r\n" % (STATUS_LINE[status], ours, _lines(headers))


def _lines(headers: Mapping[str, str]) -> bytes:
    return "".join([f"{name.lower()}: {value}\r\n" for name, value in headers.items()]).encode("latin-1")
