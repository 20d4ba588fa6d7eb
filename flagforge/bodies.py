"""Reading request bodies within bounds: in memory while small, on disk when large, refused when too large."""

import asyncio
import io
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, Any

from django.conf import settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[Any]]

# What a refused client may still say before it is cut off, so that it can hear why (see `drain`).
LINGER_BYTES = 16_000_000
LINGER_SECONDS = 2.0


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class BodyTooLarge(Exception):
    """The body is, or says that it is, beyond the limit. What was read of it is dropped."""


async def read_body(scope: Scope, receive: Receive, *, limit: int) -> IO[bytes]:
    """The whole body as a file at its beginning; raises `ClientGone` and `BodyTooLarge`."""
    if announced_length(scope) > limit:
        raise BodyTooLarge
    message = await _next(receive)
    if not message.get("more_body"):
        return _within(limit, message.get("body", b""))
    body = tempfile.SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115  (the caller's)
    try:
        await _collect(body, message, receive, limit)
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


def announced_length(scope: Scope) -> int:
    """Content-Length; 0 when there is none, as with chunks."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def size_of(body: IO[bytes]) -> int:
    size = body.seek(0, io.SEEK_END)
    body.seek(0)
    return size


async def drain(receive: Receive) -> None:
    """Take what a client that was refused still sends, and drop it.

    A connection that is closed with unread bytes is reset, and a reset makes the client lose the answer that was on its way.
    """
    left = LINGER_BYTES
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                message = await _next(receive)
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return
    except (ClientGone, TimeoutError):
        return


async def until_gone(receive: Receive) -> None:
    """Returns when the client has left; call it when the whole body was read."""
    while True:
        try:
            await _next(receive)
        except ClientGone:
            return


def _within(limit: int, content: bytes) -> IO[bytes]:
    if len(content) > limit:
        raise BodyTooLarge
    return io.BytesIO(content)


async def _collect(body: IO[bytes], message: Message, receive: Receive, limit: int) -> None:
    size = 0
    while True:
        size += len(message.get("body", b""))
        if size > limit:
            raise BodyTooLarge
        body.write(message.get("body", b""))
        if not message.get("more_body"):
            return
        message = await _next(receive)


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message
