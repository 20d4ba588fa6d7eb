"""What an SDK asks of a server. Every wait has an end, and so has every answer."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from ...wire.telemetry import EVENTS
from ..about import NAME, VERSION
from ..events import LONGEST_BYTES, Event, EventReader, TooLong
from ..upstream import CONNECT_SECONDS, JWKS, SILENT_SECONDS, KeyRefused, Unreachable

STREAM, POLL, RULESET = "/api/v1/sdk/stream", "/api/v1/sdk/poll", "/api/v1/sdk/ruleset"
FLAGS = "/api/v1/sdk/flags"
ANSWER_SECONDS = 10.0
POLL_SECONDS = 30
# A stream says something as soon as it is open; where nothing comes, somebody on the way holds it back.
OPENING_SECONDS = 8.0


class Silent(Unreachable):
    """The server took the request, and then nothing came in time."""


class Busy(Unreachable):
    """The server asks to be left alone for some seconds."""

    def __init__(self, said: str, seconds: float) -> None:
        super().__init__(said)
        self.seconds = seconds


class Rejected(Unreachable):
    """What was sent is of no use to the server, now or later."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is empty where the server says that there is nothing new."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One address and one API key. Made and used on one event loop. Everything raises Unreachable, or KeyRefused."""

    def __init__(self, base_url: str, sdk_key: str, *, verify: ssl.SSLContext | bool = True) -> None:
        self.base_url = base_url.rstrip("/")
        headers = {"X-API-Key": sdk_key, "User-Agent": f"{NAME}/{VERSION}"}
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, read=SILENT_SECONDS + POLL_SECONDS)
        self._client = httpx.AsyncClient(timeout=timeout, headers=headers, follow_redirects=False, verify=verify)

    async def public_keys(self) -> bytes:
        return (await self.ask("GET", JWKS)).body

    async def ruleset(self, etag: str) -> Reply:
        return await self.ask("GET", RULESET, headers={"If-None-Match": etag} if etag else {})

    async def poll(self, since: int | None, query: str = "") -> Reply:
        """One message newer than `since`, as soon as there is one; the query names the context where there is one."""
        path = f"{POLL}{query + '&' if query else '?'}timeout={POLL_SECONDS}" + (
            "" if since is None else f"&since={since}"
        )
        return await self.ask("GET", path, waits=POLL_SECONDS)

    async def send(self, batch: bytes) -> None:
        """One batch of telemetry."""
        await self.ask("POST", EVENTS, body=batch)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        waits: float = 0.0,
    ) -> Reply:
        """`waits`: so many seconds longer than usual the server may take its time."""
        seconds = ANSWER_SECONDS + waits
        try:
            async with asyncio.timeout(seconds), self._open(method, path, headers or {}, body) as answer:
                return Reply(answer.status_code, answer.headers, await _whole(answer))
        except TimeoutError:
            raise Silent(f"no answer within {seconds:.0f} s") from None

    async def events(self, since: int | None, query: str = "") -> AsyncGenerator[Event | None, None]:
        """What the stream says until it ends; None for whatever is no event, such as a heartbeat."""
        headers = {"Last-Event-ID": str(since)} if since is not None else {}
        reader = EventReader()
        try:
            async with asyncio.timeout(OPENING_SECONDS) as limit, self._open("GET", STREAM + query, headers) as answer:
                async for chunk in answer.aiter_bytes():
                    limit.reschedule(asyncio.get_running_loop().time() + SILENT_SECONDS)
                    yield None
                    for event in reader.feed(chunk):
                        yield event
        except TimeoutError:
            raise Silent("the stream is silent") from None
        except TooLong as error:
            raise Unreachable(str(error)) from None

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> AsyncIterator[httpx.Response]:
        sent = {**headers, **({"Content-Type": "application/json"} if body is not None else {})}
        try:
            async with self._client.stream(method, self.base_url + path, headers=sent, content=body) as answer:
                _check(answer)
                yield answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from None

    async def close(self) -> None:
        await self._client.aclose()


async def _whole(answer: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > LONGEST_BYTES:
            raise Unreachable(f"the answer is longer than {LONGEST_BYTES:,} bytes")
    return bytes(content)


def _check(answer: httpx.Response) -> None:
    if answer.status_code in (401, 403):
        raise KeyRefused(f"the server refuses this API key ({answer.status_code})")
    if answer.status_code in (429, 503) and answer.headers.get("Retry-After", "").isdigit():
        raise Busy(f"the server answers {answer.status_code}", min(60.0, float(answer.headers["Retry-After"])))
    if 400 <= answer.status_code < 500 and answer.status_code not in (408, 425, 429):
        raise Rejected(f"the server answers {answer.status_code}")
    if answer.status_code not in (200, 202, 204, 304):
        raise Unreachable(f"the server answers {answer.status_code}")
