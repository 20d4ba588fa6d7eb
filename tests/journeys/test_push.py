"""A change made through a service reaches connected clients in under a second: by SSE, WebSocket and long-poll.

On SQLite the change is made by another process than the server; on PostgreSQL and Redis two servers hear of it.
"""

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from django.db import connection
from websockets.sync.client import connect

from flags import services as flag_services
from flags.models import Flag
from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, Project
from tests.journeys.conftest import SOON, Server, Servers


@pytest.fixture(autouse=True)
def change_at_once(settings: Any) -> None:
    """As in a server: the committing process drains."""
    settings.OUTBOX_NUDGE = True


@pytest.fixture
def checkout(shop: Project, development: Environment, system: Actor) -> Flag:
    flag: Flag = flag_services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system).thing
    return flag


@pytest.fixture
def toggle(checkout: Flag, development: Environment, system: Actor) -> Callable[[bool], float]:
    """Switches the flag; returns when the change was committed, on the monotonic clock."""

    def switch(enabled: bool) -> float:
        flag_services.toggle_flag(checkout, development, enabled=enabled, actor=system)
        return time.monotonic()

    return switch


@pytest.fixture
def client_key(development: Environment, system: Actor) -> str:
    return services.create_api_key(kind="client", scope=development, name="web", actor=system)[1]


@pytest.fixture
def server_key(development: Environment, system: Actor) -> str:
    return services.create_api_key(kind="server", scope=development, name="shop", actor=system)[1]


@pytest.fixture
def servers(transactional_db: None, checkout: Flag, standing: Servers) -> list[Server]:
    return standing.standing(2 if connection.vendor == "postgresql" else 1)


class Events:
    """An SSE stream, read event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.lines = response.iter_lines()

    def next(self) -> dict[str, str]:
        """The next event; comments and retry lines are passed over."""
        event: dict[str, str] = {}
        for line in self.lines:
            name, _, value = line.partition(": ")
            if name and value:
                event[name] = value
            elif not line and "event" in event:
                return event
        return {"event": "closed"}


@pytest.fixture
def listen() -> Iterator[Callable[..., Events]]:
    with ExitStack() as stack, httpx.Client(timeout=10) as client:

        def open_stream(server: Server, *, headers: dict[str, str] | None = None, **query: str) -> Events:
            address = f"{server.url}/api/v1/sdk/stream"
            return Events(stack.enter_context(client.stream("GET", address, headers=headers or {}, params=query)))

        yield open_stream


def test_a_change_reaches_sse_clients_soon(
    servers: list[Server], listen: Callable[..., Events], client_key: str, toggle: Callable[[bool], float]
) -> None:
    streams = [listen(server, key=client_key, targetingKey="u1") for server in servers]
    firsts = [stream.next() for stream in streams]

    committed = toggle(True)
    seconds = [stream.next() for stream in streams]
    taken = time.monotonic() - committed

    assert {first["event"] for first in firsts} == {"put"}
    assert json.loads(firsts[0]["data"])["flags"]["checkout"]["value"] is False
    for first, second in zip(firsts, seconds, strict=True):
        assert second["event"] == "delta"
        assert int(second["id"]) == int(first["id"]) + 1
        assert json.loads(second["data"])["flags"]["checkout"]["value"] is True
    assert taken < SOON


def test_a_change_reaches_websocket_clients_soon(
    servers: list[Server], server_key: str, toggle: Callable[[bool], float]
) -> None:
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(
                connect(f"{server.url.replace('http', 'ws')}/ws/sdk", additional_headers={"X-API-Key": server_key})
            )
            for server in servers
        ]
        firsts = [json.loads(socket.recv(5)) for socket in sockets]

        committed = toggle(True)
        seconds = [json.loads(socket.recv(5)) for socket in sockets]
        taken = time.monotonic() - committed

    assert {first["type"] for first in firsts} == {"put"}
    assert firsts[0]["manifest"]["flags"]["checkout"]["enabled"] is False
    for second in seconds:
        assert second["type"] == "delta"
        assert second["flags"]["checkout"]["enabled"] is True
    assert taken < SOON


def test_a_change_ends_a_long_poll(servers: list[Server], client_key: str, toggle: Callable[[bool], float]) -> None:
    address = f"{servers[-1].url}/api/v1/sdk/poll"
    first = httpx.get(address, params={"key": client_key, "targetingKey": "u1"}).json()
    quiet = httpx.get(address, params={"key": client_key, "since": first["version"], "timeout": "1"}, timeout=5)

    toggle(True)
    second = httpx.get(
        address, params={"key": client_key, "since": first["version"], "timeout": "30"}, timeout=35
    ).json()

    assert first["type"] == "put"
    assert (quiet.status_code, quiet.content) == (204, b"")
    assert second["type"] == "delta"
    assert second["flags"]["checkout"]["value"] is True


def test_a_client_that_returns_gets_what_it_missed(
    servers: list[Server], listen: Callable[..., Events], client_key: str, toggle: Callable[[bool], float]
) -> None:
    seen = listen(servers[0], key=client_key).next()
    toggle(True)
    listen(servers[0], key=client_key).next()  # the server has the new version now

    resumed = listen(servers[0], headers={"Last-Event-ID": seen["id"]}, key=client_key).next()
    confused = listen(servers[0], headers={"Last-Event-ID": "99999"}, key=client_key).next()

    assert resumed["event"] in ("delta", "put")
    assert json.loads(resumed["data"])["flags"]["checkout"]["value"] is True
    assert confused["event"] == "put"


def test_a_hundred_quick_changes_end_in_the_final_state(
    servers: list[Server], listen: Callable[..., Events], client_key: str, toggle: Callable[[bool], float]
) -> None:
    streams = [listen(server, key=client_key) for server in servers]
    for number in range(101):
        toggle(number % 2 == 0)

    deadline = time.monotonic() + 30
    for stream in streams:
        value, version = None, -1
        while time.monotonic() < deadline:
            event = stream.next()
            assert int(event["id"]) > version
            version = int(event["id"])
            value = json.loads(event["data"])["flags"].get("checkout", {}).get("value", value)
            if value is True and _is_newest(servers[0], client_key, version):
                break
        assert value is True


def _is_newest(server: Server, key: str, version: int) -> bool:
    answer: dict[str, Any] = httpx.get(f"{server.url}/api/v1/sdk/flags", headers={"X-API-Key": key}).json()
    return bool(answer["version"] == version and answer["flags"]["checkout"]["value"])


def test_revoking_a_key_ends_its_streams(
    servers: list[Server], listen: Callable[..., Events], client_key: str, server_key: str, system: Actor
) -> None:
    ended = [listen(server, key=client_key) for server in servers]
    others = [listen(server, headers={"X-API-Key": server_key}) for server in servers]
    for stream in [*ended, *others]:
        stream.next()

    services.revoke_api_key(ApiKey.objects.get(kind="client"), actor=system)
    revoked = time.monotonic()

    for stream in ended:
        goodbye = stream.next()
        assert goodbye["event"] == "bye"
        assert json.loads(goodbye["data"])["reason"] == "key-revoked"
    assert time.monotonic() - revoked < SOON
    assert httpx.get(f"{servers[0].url}/api/v1/sdk/flags", headers={"X-API-Key": client_key}).status_code == 401
    assert httpx.get(f"{servers[0].url}/api/v1/sdk/flags", headers={"X-API-Key": server_key}).status_code == 200


def test_a_server_that_stops_says_goodbye(
    servers: list[Server], listen: Callable[..., Events], client_key: str
) -> None:
    stream = listen(servers[0], key=client_key)
    stream.next()

    servers[0].process.terminate()

    assert stream.next()["event"] == "bye"
    assert servers[0].process.wait(5) in (0, -signal.SIGTERM)


def test_no_key_gets_into_any_log(
    servers: list[Server], listen: Callable[..., Events], client_key: str, server_key: str
) -> None:
    listen(servers[0], key=client_key).next()
    httpx.get(f"{servers[0].url}/api/v1/sdk/poll", params={"key": client_key})
    httpx.get(f"{servers[0].url}/api/v1/sdk/stream", params={"key": server_key})
    httpx.get(f"{servers[0].url}/nowhere", params={"key": client_key})
    with connect(f"{servers[0].url.replace('http', 'ws')}/ws/sdk?key={client_key}") as socket:
        socket.recv(5)

    said = servers[0].said()

    assert client_key not in said
    assert server_key not in said


def test_deleting_the_environment_ends_its_streams(
    servers: list[Server], listen: Callable[..., Events], server_key: str, development: Environment, system: Actor
) -> None:
    streams = [listen(server, headers={"X-API-Key": server_key}) for server in servers]
    for stream in streams:
        stream.next()

    services.delete_environment(development, actor=system)
    deleted = time.monotonic()
    events = [_last(stream) for stream in streams]

    assert {event["event"] for event in events} == {"bye"}
    assert time.monotonic() - deleted < SOON


def _last(stream: Events) -> dict[str, str]:
    while (event := stream.next())["event"] == "delta":
        pass
    return event
