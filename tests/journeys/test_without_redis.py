"""Redis that is not configured: the database wakes everybody. Redis that is configured and not there: nothing stops."""

import json
import time
from collections.abc import Iterator
from statistics import quantiles
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from flags import services as flag_services
from flags.models import Flag
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Project
from tests.journeys.conftest import Serve

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def checkout(shop: Project, development: Environment, system: Actor, settings: Any) -> Flag:
    settings.OUTBOX_NUDGE = True
    flag: Flag = flag_services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system).thing
    return flag


@pytest.fixture
def headers(development: Environment, system: Actor) -> dict[str, str]:
    return {"X-API-Key": services.create_api_key(kind="server", scope=development, name="shop", actor=system)[1]}


def test_a_change_still_arrives(
    checkout: Flag, headers: dict[str, str], development: Environment, system: Actor, serve: Serve
) -> None:
    server = serve(REDIS_URL=NOBODY)
    address = f"{server.url}/api/v1/sdk/flags/checkout"
    before = httpx.get(address, headers=headers).json()["value"]

    flag_services.toggle_flag(checkout, development, enabled=True, actor=system)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not httpx.get(address, headers=headers).json()["value"]:
        time.sleep(0.05)

    assert before is False
    assert httpx.get(address, headers=headers).json()["value"] is True


def test_streams_open_and_go_on(
    checkout: Flag, headers: dict[str, str], development: Environment, system: Actor, serve: Serve
) -> None:
    server = serve(REDIS_URL=NOBODY)
    with (
        httpx.stream("GET", f"{server.url}/api/v1/sdk/stream", headers=headers, timeout=10) as response,
        connect(f"{server.url.replace('http', 'ws')}/ws/sdk", additional_headers=headers) as socket,
    ):
        lines = response.iter_lines()
        assert _next_event(lines) == "event: put"
        assert json.loads(socket.recv(5))["type"] == "put"

        flag_services.toggle_flag(checkout, development, enabled=True, actor=system)

        assert _next_event(lines) == "event: delta"
        assert json.loads(socket.recv(5))["type"] == "delta"


def test_without_any_redis_the_database_wakes_the_servers(
    checkout: Flag, headers: dict[str, str], development: Environment, system: Actor, serve: Serve, settings: Any
) -> None:
    settings.REDIS_URL = ""  # the committing process says NOTIFY, or touches SQLite's data_version
    server = serve(REDIS_URL="")
    with httpx.stream("GET", f"{server.url}/api/v1/sdk/stream", headers=headers, timeout=10) as response:
        lines = response.iter_lines()
        _next_event(lines)

        flag_services.toggle_flag(checkout, development, enabled=True, actor=system)
        committed = time.monotonic()
        event = _next_event(lines)

    assert event == "event: delta"
    assert time.monotonic() - committed < 1


def _next_event(lines: Iterator[str]) -> str:
    return next(line for line in lines if line.startswith("event: "))


def test_warm_answers_do_not_wait_for_it(checkout: Flag, headers: dict[str, str], serve: Serve) -> None:
    server = serve(REDIS_URL=NOBODY)
    times = []
    with httpx.Client(headers=headers) as client:
        client.get(f"{server.url}/api/v1/sdk/flags/checkout")
        for _ in range(200):
            begun = time.monotonic()
            assert client.get(f"{server.url}/api/v1/sdk/flags/checkout").status_code == 200
            times.append(time.monotonic() - begun)

    # Far above what it takes (script/bench api measures that), far below any timeout of a Redis client.
    assert quantiles(times, n=20)[-1] < 0.1
