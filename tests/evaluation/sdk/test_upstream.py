"""The connection upstream against a server that misbehaves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import pytest

from evaluation.sdk import upstream as upstreams
from evaluation.sdk.events import Event
from evaluation.sdk.upstream import KeyRefused, Unreachable, Upstream

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
Serve = Callable[[bytes, bool], Awaitable[Upstream]]


@pytest.fixture
async def serve(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serve]:
    """A server that says this to everybody, and then closes or falls silent; the client to it, which waits 0.2 s."""
    monkeypatch.setattr(upstreams, "SILENT_SECONDS", 0.2)
    released = asyncio.Event()
    closing: list[Callable[[], Awaitable[None]]] = []

    async def start(said: bytes, closes: bool) -> Upstream:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            if not closes:
                await released.wait()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        upstream = Upstream(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", "ff_relay_x")

        async def stop() -> None:
            await upstream.close()
            released.set()
            server.close()
            await server.wait_closed()

        closing.append(stop)
        return upstream

    yield start
    for stop in closing:
        await stop()


async def read(upstream: Upstream) -> list[Event]:
    async with aclosing(upstream.events("/stream")) as events:
        return [event async for event in events]


async def test_events_are_read_until_the_stream_ends(serve: Serve) -> None:
    upstream = await serve(HEAD + b"event: put\ndata: 1\n\nevent: delta\ndata: 2\n\n", True)

    assert await read(upstream) == [Event("put", b"1"), Event("delta", b"2")]


@pytest.mark.parametrize("said", [b"", HEAD, HEAD + b"event: put\ndata: 1\n\n"])
async def test_a_server_that_falls_silent_is_left(said: bytes, serve: Serve) -> None:
    upstream = await serve(said, False)

    with pytest.raises(Unreachable):
        await asyncio.wait_for(read(upstream), 5)


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"])
async def test_what_is_no_stream_is_said_to_be_unreachable(said: bytes, serve: Serve) -> None:
    upstream = await serve(said, True)

    with pytest.raises(Unreachable):
        await read(upstream)
    with pytest.raises(Unreachable):
        await upstream.public_keys()


async def test_a_key_that_is_refused_is_told_from_a_server_that_is_away(serve: Serve) -> None:
    upstream = await serve(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", True)

    with pytest.raises(KeyRefused):
        await read(upstream)
