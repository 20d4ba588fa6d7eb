"""Sockets of open pages at real servers: news in under a second, an end within two, with Redis and without.

On SQLite the change is made by another process than the server; on PostgreSQL and Redis two servers hear of it.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from flags import services as flag_services
from flags.models import Flag
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tests.journeys.conftest import SOON, Serve, Server, Servers

NOBODY = "redis://127.0.0.1:1/0"
OpenAt = Callable[..., ClientConnection]


@pytest.fixture(autouse=True)
def change_at_once(settings: Any) -> None:
    """As in a server: the committing process drains."""
    settings.OUTBOX_NUDGE = True


@pytest.fixture
def checkout(shop: Project, development: Environment, system: Actor) -> Flag:
    flag: Flag = flag_services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system).thing
    return flag


@pytest.fixture(params=[None, NOBODY], ids=["as it is", "Redis is dead"])
def servers(checkout: Flag, serve: Serve, standing: Servers, request: pytest.FixtureRequest) -> list[Server]:
    count = 2 if connection.vendor == "postgresql" else 1
    return [serve(REDIS_URL=request.param) for _ in range(count)] if request.param else standing.standing(count)


@pytest.fixture
def session(vera: User) -> str:
    client = Client()
    client.force_login(vera, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def open_at() -> Iterator[OpenAt]:
    with ExitStack() as stack:

        def open_page(server: Server, session: str, *, origin: str = "") -> ClientConnection:
            address = f"{server.url.replace('http', 'ws')}/ws/dashboard/acme/shop"
            cookie = f"{django_settings.SESSION_COOKIE_NAME}={session}"
            return stack.enter_context(
                connect(address, origin=Origin(origin or server.url), additional_headers={"Cookie": cookie})
            )

        yield open_page


def hear(socket: ClientConnection, seconds: float = 5) -> dict[str, Any]:
    """The next frame that is no ping."""
    while (frame := json.loads(socket.recv(seconds)))["type"] == "ping":
        pass
    assert isinstance(frame, dict)
    return frame


def test_a_change_reaches_open_pages_soon(
    servers: list[Server], session: str, open_at: OpenAt, checkout: Flag, development: Environment, system: Actor
) -> None:
    sockets = [open_at(server, session) for server in servers]
    assert [hear(socket)["whole"] for socket in sockets] == [True] * len(sockets)

    flag_services.toggle_flag(checkout, development, enabled=True, actor=system)
    committed = time.monotonic()
    heard = [hear(socket) for socket in sockets]
    taken = time.monotonic() - committed

    assert [(frame["environment"], frame["flags"]) for frame in heard] == [("development", ["checkout"])] * len(heard)
    assert taken < SOON


@pytest.mark.parametrize("cause", ["session", "membership", "project"])
def test_an_open_page_is_closed_soon(
    cause: str,
    servers: list[Server],
    session: str,
    open_at: OpenAt,
    acme: Organization,
    shop: Project,
    vera: User,
    system: Actor,
) -> None:
    causes: dict[str, Callable[[], object]] = {
        "session": Session.objects.all().delete,
        "membership": lambda: services.remove_member(acme, user=vera, actor=system),
        "project": lambda: services.delete_project(shop, actor=system),
    }
    sockets = [open_at(server, session) for server in servers]
    for socket in sockets:
        hear(socket)

    causes[cause]()
    caused = time.monotonic()
    codes = [close_code_of(socket) for socket in sockets]

    assert time.monotonic() - caused < SOON
    assert set(codes) == {4401 if cause == "session" else 4404}


def close_code_of(socket: ClientConnection) -> int | None:
    try:
        while True:
            socket.recv(5)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def test_a_page_of_another_origin_is_told_403(servers: list[Server], session: str, open_at: OpenAt) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_at(servers[0], session, origin="https://evil.example")

    assert refused.value.response.status_code == 403
