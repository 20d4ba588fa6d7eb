"""SSE, poll and WebSocket as an ASGI server sees them."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter

from evaluation.stream import service
from evaluation.stream.routing import websocket_routes
from evaluation.wire import tokens
from flags import services
from flags.models import Flag
from tenants import outbox
from tenants import services as tenant_services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import Environment
from tests.evaluation.conftest import MakeFlag
from tests.evaluation.dashboard.conftest import left_at_once
from tests.evaluation.stream.conftest import Open, headers_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment, client_key: str, server_key: str) -> Flag:
    flag = a_flag("checkout", development, enabled=True)
    a_flag("hidden", development, flag={"client_visible": False}, enabled=True)
    outbox.drain()
    return flag


@pytest.fixture
def toggle(checkout: Flag, development: Environment, system: Actor) -> Callable[[bool], Any]:
    def switch(enabled: bool) -> None:
        services.toggle_flag(checkout, development, enabled=enabled, actor=system)
        outbox.drain()

    in_thread: Callable[[bool], Any] = database_sync_to_async(switch)
    return in_thread


async def test_a_client_key_in_the_query_opens_a_stream_of_values(
    checkout: Flag, toggle: Any, client_key: str, open_stream: Open
) -> None:
    stream = open_stream("stream", f"key={client_key}&targetingKey=u1")

    start = await stream.start()
    first = await stream.event()
    await toggle(False)
    second = await stream.event()

    assert start["status"] == 200
    assert headers_of(start)["content-type"].startswith("text/event-stream")
    assert headers_of(start)["cache-control"] == "no-cache, no-transform"
    assert headers_of(start)["x-accel-buffering"] == "no"
    assert headers_of(start)["access-control-allow-origin"] == "*"
    assert list(first["data"]["flags"]) == ["checkout"]
    assert second["event"] == "delta"
    assert second["data"]["flags"]["checkout"]["value"] is False


async def test_a_server_key_in_a_header_opens_a_stream_of_rules(
    checkout: Flag, server_key: str, open_stream: Open
) -> None:
    stream = open_stream("stream", key=server_key)

    await stream.start()
    first = await stream.event()

    assert set(first["data"]["manifest"]["flags"]) == {"checkout", "hidden"}


async def test_a_quiet_stream_sends_heartbeats(checkout: Flag, client_key: str, open_stream: Open) -> None:
    stream = open_stream("stream", f"key={client_key}")

    await stream.start()
    await stream.event()

    assert (await stream.chunk()).startswith(b":")


async def test_a_stream_token_opens_values_alone(checkout: Flag, server_key: str, open_stream: Open) -> None:
    token = tokens.mint(sha256_of(server_key), time.time())
    stream = open_stream("stream", f"token={token}&targetingKey=u1")

    await stream.start()
    first = await stream.event()

    assert "manifest" not in first["data"]
    assert set(first["data"]["flags"]) == {"checkout", "hidden"}


async def test_an_old_stream_token_opens_nothing(checkout: Flag, client_key: str, open_stream: Open) -> None:
    token = tokens.mint(sha256_of(client_key), time.time() - 3 * tokens.WINDOW_SECONDS)

    start = await open_stream("stream", f"token={token}").start()

    assert start["status"] == 401


@pytest.mark.parametrize("path", ["stream", "poll"])
async def test_a_secret_key_in_a_url_is_refused(path: str, checkout: Flag, server_key: str, open_stream: Open) -> None:
    stream = open_stream(path, f"key={server_key}")

    start = await stream.start()
    problem = json.loads(await stream.chunk())

    assert start["status"] == 403
    assert problem["title"] == "A secret key in a URL"
    assert server_key not in problem["detail"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("context=%7B", "context: not JSON"),
        ("context=%7B%7D&country=IN", "Give the context once"),
        ("timeout=0", "timeout: must be a whole number"),
        ("timeout=61", "from 1 to 60"),
        ("timeout=soon", "timeout: must be"),
        ("a=\xff", "must be percent-encoded"),
    ],
)
async def test_a_query_that_cannot_be_read_is_refused_in_words(
    query: str, said: str, checkout: Flag, client_key: str, open_stream: Open
) -> None:
    stream = open_stream("poll", query, key=client_key)

    start = await stream.start()

    assert start["status"] == 400
    assert said in json.loads(await stream.chunk())["detail"]


@pytest.mark.parametrize("path", ["stream", "poll"])
async def test_a_preflight_needs_no_key(path: str, open_stream: Open) -> None:
    start = await open_stream(path, method="OPTIONS").start()

    assert start["status"] == 204
    assert "X-API-Key" in headers_of(start)["access-control-allow-headers"]


@pytest.mark.parametrize("path", ["stream", "poll"])
async def test_another_method_is_told_which_ones_there_are(path: str, open_stream: Open) -> None:
    start = await open_stream(path, method="POST").start()

    assert start["status"] == 405
    assert headers_of(start)["allow"] == "GET, OPTIONS"


async def test_a_client_that_leaves_is_forgotten(checkout: Flag, client_key: str, open_stream: Open) -> None:
    stream = open_stream("stream", f"key={client_key}")
    await stream.start()
    await stream.event()
    assert len(service.hub()._subscribers) == 1

    await stream.leave()

    assert len(service.hub()._subscribers) == 0


async def test_last_event_id_resumes(checkout: Flag, toggle: Any, client_key: str, open_stream: Open) -> None:
    first = open_stream("stream", f"key={client_key}")
    await first.start()
    seen = await first.event()
    await toggle(False)
    await first.event()

    second = open_stream("stream", f"key={client_key}", last_event_id=seen["id"])
    await second.start()
    missed = await second.event()

    assert missed["event"] == "delta"
    assert missed["data"]["from"] == int(seen["id"])


async def test_a_poll_that_knows_nothing_is_answered_at_once(
    checkout: Flag, client_key: str, open_stream: Open
) -> None:
    stream = open_stream("poll", f"key={client_key}")

    await stream.start()

    assert json.loads(await stream.chunk())["type"] == "put"


async def test_a_poll_waits_and_then_has_nothing_to_say(checkout: Flag, client_key: str, open_stream: Open) -> None:
    stream = open_stream("poll", f"key={client_key}")
    await stream.start()
    version = json.loads(await stream.chunk())["version"]

    waiting = open_stream("poll", f"key={client_key}&since={version}&timeout=1")
    start = await waiting.start()

    assert start["status"] == 204


@pytest.fixture
def sale(checkout: Flag, a_flag: MakeFlag, development: Environment) -> None:
    """A rule that reads the clock."""
    ends = {"attribute": "now", "op": "before", "values": ["2100-01-01T00:00:00Z"]}
    a_flag("sale", development, enabled=True, rules=[{"if": ends, "serve": {"variant": "on"}}])
    outbox.drain()


async def test_where_rules_read_the_clock_a_poll_waits_all_the_same(
    sale: None, client_key: str, open_stream: Open
) -> None:
    stream = open_stream("poll", f"key={client_key}")
    await stream.start()
    version = json.loads(await stream.chunk())["version"]
    begun = time.monotonic()

    waiting = open_stream("poll", f"key={client_key}&since={version}&timeout=2")
    start = await waiting.start()
    answer = json.loads(await waiting.chunk())

    assert time.monotonic() - begun > 1
    assert (start["status"], answer["type"], answer["version"]) == (200, "put", version)


async def test_where_rules_read_the_clock_a_change_still_ends_a_poll(
    sale: None, toggle: Any, client_key: str, open_stream: Open
) -> None:
    stream = open_stream("poll", f"key={client_key}")
    await stream.start()
    version = json.loads(await stream.chunk())["version"]
    waiting = open_stream("poll", f"key={client_key}&since={version}&timeout=30")
    await waiting.communicator.send_input({"type": "http.request", "body": b""})
    await asyncio.sleep(0.2)

    await toggle(False)
    await waiting.communicator.receive_output(5)
    answer = json.loads(await waiting.chunk())

    assert (answer["type"], answer["version"]) == ("put", version + 1)
    assert answer["flags"]["checkout"]["value"] is False


@pytest.mark.parametrize("timeout", ["9" * 5000, "030", "-1", "1.5", "\u0663"])
async def test_a_timeout_that_is_no_number_of_seconds_is_refused(
    timeout: str, checkout: Flag, client_key: str, open_stream: Open
) -> None:
    stream = open_stream("poll", f"timeout={quote(timeout)}", key=client_key)

    assert (await stream.start())["status"] == 400


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something in our own code breaks when a message is made."""

    def fail(*arguments: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("evaluation.delivery.feeds.ValuesFeed.next", fail)


async def test_a_poll_that_breaks_says_so(
    broken: None, checkout: Flag, client_key: str, open_stream: Open, caplog: pytest.LogCaptureFixture
) -> None:
    stream = open_stream("poll", f"key={client_key}")

    start = await stream.start()

    assert start["status"] == 500
    assert json.loads(await stream.chunk())["status"] == 500
    assert "/api/v1/sdk/poll broke" in caplog.text


async def test_a_stream_that_breaks_says_goodbye(
    broken: None, checkout: Flag, client_key: str, open_stream: Open
) -> None:
    stream = open_stream("stream", f"key={client_key}")

    await stream.start()
    goodbye = await stream.event()

    assert (goodbye["event"], goodbye["data"]["reason"]) == ("bye", "error")


@pytest.mark.parametrize("query", ["key={key}", "key=nonsense"])
@pytest.mark.parametrize("hears", [0, 1, 2])
async def test_a_socket_whose_client_leaves_at_once_is_no_fault(
    hears: int, query: str, checkout: Flag, client_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    scope = {"type": "websocket", "path": "/ws/sdk", "headers": [], "subprotocols": []}

    asked = query.format(key=client_key).encode()
    await left_at_once(URLRouter(websocket_routes), {**scope, "query_string": asked}, hears=hears)
    await service.stop()

    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_socket_that_breaks_closes(
    broken: None, checkout: Flag, client_key: str, open_socket: Callable[..., Any]
) -> None:
    socket = open_socket(f"key={client_key}")

    await socket.send_input({"type": "websocket.connect"})
    await socket.receive_output(5)
    closing = await socket.receive_output(5)

    assert (closing["type"], closing["code"]) == ("websocket.close", 4500)


async def test_a_socket_carries_the_same_messages(
    checkout: Flag, toggle: Any, server_key: str, open_socket: Callable[..., Any]
) -> None:
    socket = open_socket(key=server_key)

    await socket.send_input({"type": "websocket.connect"})
    await socket.receive_output(5)
    first = json.loads((await socket.receive_output(5))["text"])
    await toggle(False)
    second = json.loads((await socket.receive_output(5))["text"])
    third = json.loads((await socket.receive_output(5))["text"])

    assert (first["type"], second["type"], third["type"]) == ("put", "delta", "ping")
    assert second["to"] == third["version"] == first["version"] + 1


async def test_a_socket_from_a_page_of_somebody_else_is_told_why_it_closes(
    checkout: Flag, development: Environment, system: Actor, open_socket: Callable[..., Any]
) -> None:
    made = {"kind": "client", "scope": development, "name": "page", "origins": ["https://shop.example"]}
    _, secret = await database_sync_to_async(tenant_services.create_api_key)(**made, actor=system)
    socket = open_socket(f"key={secret}", origin="https://elsewhere.example")

    await socket.send_input({"type": "websocket.connect"})
    _, said, closing = [await socket.receive_output(5) for _ in range(3)]

    assert "https://elsewhere.example" in json.loads(said["text"])["detail"]
    assert closing["code"] == 4403


async def test_what_a_socket_says_is_ignored(checkout: Flag, client_key: str, open_socket: Callable[..., Any]) -> None:
    socket = open_socket(f"key={client_key}")
    await socket.send_input({"type": "websocket.connect"})
    await socket.receive_output(5)
    await socket.receive_output(5)

    await socket.send_input({"type": "websocket.receive", "text": "{" * 1000})
    await socket.send_input({"type": "websocket.receive", "bytes": b"\xff"})

    assert json.loads((await socket.receive_output(5))["text"])["type"] == "ping"
