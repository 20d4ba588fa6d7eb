"""Django's responses as ASGI messages: whole ones at once, long ones chunk by chunk from the thread that makes them."""

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import FileResponse
from django.http.response import HttpResponseBase

from flagforge.bodies import Message, Send

# A client that takes nothing of a long answer for this long gives the thread back.
STALLED_SECONDS = 60.0
# A file up to this is read whole, so that a slow client keeps no thread.
SHORT_BYTES = 1_000_000
CHUNK_BYTES = 65_536
Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Answer:
    status: int
    headers: Headers
    body: bytes

    async def send_to(self, send: Send, *, more_body: bool = False) -> None:
        await send(start_message(self.status, self.headers))
        await send(body_message(self.body, more_body=more_body))


class Outlet:
    """Sends a long answer from a thread to a client of the event loop. Set `gone` when the client has left."""

    def __init__(self, send: Send) -> None:
        self.gone = threading.Event()
        self._send = send
        self._loop = asyncio.get_running_loop()

    def stream(self, response: HttpResponseBase, *, method: str) -> None:
        if isinstance(response, FileResponse):
            response.block_size = CHUNK_BYTES
        self._say(start_message(response.status_code, headers_of(response)))
        for chunk in () if method == "HEAD" else _chunks(response):
            if self.gone.is_set():
                return
            self._say(body_message(chunk, more_body=True))
        self._say(body_message(b"", more_body=False))

    def _say(self, message: Message) -> None:
        asyncio.run_coroutine_threadsafe(_sending(self._send, message), self._loop).result(STALLED_SECONDS)


def answer_of(response: HttpResponseBase) -> Answer:
    """The whole response; reads a streaming one to its end. For HEAD the server leaves the body out."""
    body = b"".join(_chunks(response)) if response.streaming else response.content  # type: ignore[attr-defined]  # HttpResponse
    headers = headers_of(response)
    if not response.has_header("Content-Length") and response.status_code not in (204, 304):
        headers.append((b"content-length", str(len(body)).encode()))
    return Answer(response.status_code, headers, body)


def is_short(response: HttpResponseBase) -> bool:
    """Whether the whole of it may lie in memory."""
    length = response.get("Content-Length", "")
    return not response.streaming or (length.isdigit() and int(length) <= SHORT_BYTES)


def headers_of(response: HttpResponseBase) -> Headers:
    headers = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    cookies = [(b"set-cookie", cookie.OutputString().encode("ascii")) for cookie in response.cookies.values()]
    return headers + cookies


def start_message(status: int, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body_message(body: bytes, *, more_body: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more_body}


def _chunks(response: HttpResponseBase) -> Iterable[bytes]:
    return iter(response)


async def _sending(send: Send, message: Message) -> None:
    await send(message)
