"""The small change of ASGI: bodies within bounds, replies as messages, and clients that leave."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from typing import Any

from ..wire.problems import Refused, too_large
from ..wire.replies import Reply
from . import responses

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_BYTES = 1_000_000
# So long may a client take to send its body.
BODY_SECONDS = 30.0


class Gone(Exception):
    """The client has left."""


def headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The whole body; raises `Refused` (413) beyond the limit, and `Gone`."""
    announced = headers_of(scope).get("content-length", "")
    if announced.isdigit() and int(announced) > BODY_BYTES:
        raise Refused(too_large(BODY_BYTES))
    body = b""
    async with asyncio.timeout(BODY_SECONDS):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            chunk: bytes = message.get("body", b"")
            body += chunk
            if len(body) > BODY_BYTES:
                raise Refused(too_large(BODY_BYTES))
            if not message.get("more_body"):
                return body


async def reply(send: Send, answer: Reply, *, close: bool = False) -> None:
    await start(send, answer.status, responses.headers_of(answer, close=close))
    await send({"type": "http.response.body", "body": answer.body})


async def start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


async def chunk(send: Send, content: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": more})


async def unless_gone(work: Coroutine[Any, Any, None], receive: Receive, gone: str) -> None:
    """Do the work, and drop it as soon as the client has left; `gone` is the message that says so."""
    job = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(receive, gone))
    try:
        await asyncio.wait((job, leaving), return_when=asyncio.FIRST_COMPLETED)
        if job.done():
            job.result()
    finally:
        for task in (job, leaving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


async def _left(receive: Receive, gone: str) -> None:
    while (await receive())["type"] != gone:
        pass
