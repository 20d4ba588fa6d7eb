"""Sockets of pages: who gets none, and when an open one closes."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluation.dashboard import guard
from evaluation.dashboard.sight import Ended, Viewer, sights_of
from evaluation.stream import service
from flagforge.asgi import sockets
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tenants.roles import Role
from tests.conftest import PASSWORD
from tests.evaluation.dashboard.conftest import HOST, Open, Page, left_at_once, session_of

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 2.0
Cause = Callable[[], object]


@pytest.fixture
def session(vera: User, production: Environment) -> str:
    return session_of(vera)


@pytest.fixture
def outsider_session(charlie: User, globex: Organization, production: Environment) -> str:
    return session_of(charlie)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://evil.example",
        "http://testserver.evil.example",
        "https://testserver",
        "http://testserver:81",
    ],
)
async def test_a_page_of_another_origin_gets_no_socket(origin: str, session: str, open_page: Open) -> None:
    page = await open_page(session, origin=origin)

    assert page.opened == {"type": "websocket.close"}


async def test_a_host_that_is_not_ours_gets_no_socket(session: str, open_page: Open) -> None:
    page = await open_page(session, host="evil.example", origin="http://evil.example")

    assert page.opened == {"type": "websocket.close"}


async def test_the_public_address_is_ours_whatever_the_proxy_calls_the_host(
    session: str, open_page: Open, settings: Any
) -> None:
    page = await open_page(session, origin=settings.PUBLIC_URL)

    assert page.opened["type"] == "websocket.accept"


async def test_nobody_who_is_not_signed_in_gets_a_socket(production: Environment, open_page: Open) -> None:
    for session in ("", "nonsense", "\x00"):
        page = await open_page(session)

        assert closing(await page.hears()) == (4401, "signed-out")


@pytest.mark.parametrize("place", ["acme/shop", "acme/nowhere", "nobody/shop"])
async def test_an_outsider_and_an_unknown_project_are_refused_alike(
    place: str, outsider_session: str, open_page: Open
) -> None:
    page = await open_page(outsider_session, place)

    assert closing(await page.hears()) == (4404, "no-access")


async def test_another_address_is_no_socket(session: str, open_page: Open) -> None:
    page = await open_page(session, "acme/shop/flags")

    assert page.opened == {"type": "websocket.close"}


@pytest.mark.parametrize("hears", [0, 1])
async def test_a_page_that_leaves_before_it_heard_anything_is_no_fault(
    hears: int, session: str, caplog: pytest.LogCaptureFixture
) -> None:
    """`hears` is how much of accept and the first ping still reach it."""
    headers = [(b"host", HOST.encode()), (b"origin", f"http://{HOST}".encode())]
    cookie = (b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode())
    scope = {"type": "websocket", "path": "/ws/dashboard/acme/shop", "query_string": b"", "subprotocols": []}

    await left_at_once(sockets, {**scope, "headers": [*headers, cookie]}, hears=hears)
    await service.stop()

    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def task_of_guard() -> "asyncio.Task[None]":
    task = guard.guard._task
    assert task is not None
    return task


def closing(said: dict[str, Any]) -> tuple[int, str]:
    assert said["type"] == "websocket.close", said
    return said["code"], said["reason"]


async def closes(page: Page, cause: Cause) -> tuple[int, str]:
    """How the open socket closes after the cause; it must do so in time."""
    while (await page.hears())["environment"] != "production":
        pass
    await database_sync_to_async(cause)()
    async with asyncio.timeout(SECONDS):
        return closing(await page.hears())


async def test_signing_out_closes(session: str, open_page: Open, client: Any) -> None:
    page = await open_page(session, age="")

    def sign_out() -> None:
        client.cookies["sessionid"] = session
        client.post("/accounts/logout/")

    assert await closes(page, sign_out) == (4401, "signed-out")


async def test_a_revoked_session_closes(session: str, open_page: Open) -> None:
    page = await open_page(session, age="")

    assert await closes(page, Session.objects.filter(session_key=session).delete) == (4401, "signed-out")


async def test_an_expired_session_closes(session: str, open_page: Open) -> None:
    page = await open_page(session, age="")
    past = timezone.now() - timedelta(seconds=1)

    assert await closes(page, lambda: Session.objects.update(expire_date=past)) == (4401, "signed-out")


async def test_a_changed_password_closes(session: str, vera: User, open_page: Open) -> None:
    page = await open_page(session, age="")

    def change() -> None:
        vera.set_password(PASSWORD + "!")
        vera.save()

    assert await closes(page, change) == (4401, "signed-out")


@pytest.mark.parametrize("change", [{"is_active": False}, {"deleted_at": timezone.now()}])
async def test_a_person_who_is_deactivated_or_deleted_loses_the_socket(
    change: dict[str, Any], session: str, vera: User, open_page: Open
) -> None:
    page = await open_page(session, age="")

    assert await closes(page, lambda: User.objects.filter(pk=vera.pk).update(**change)) == (4401, "signed-out")


async def test_a_removed_member_loses_the_socket(
    session: str, acme: Organization, vera: User, open_page: Open, system: Actor
) -> None:
    page = await open_page(session, age="")

    cause = lambda: services.remove_member(acme, user=vera, actor=system)  # noqa: E731

    assert await closes(page, cause) == (4404, "no-access")


async def test_a_withdrawn_role_closes(
    acme: Organization, production: Environment, charlie: User, open_page: Open, system: Actor
) -> None:
    def let_in() -> str:
        services.add_member(acme, user=charlie, role=Role.VIEWER, scope=production, actor=system)
        return session_of(charlie)

    page = await open_page(await database_sync_to_async(let_in)(), age="")

    cause = lambda: services.withdraw_role(production, user=charlie, actor=system)  # noqa: E731

    assert await closes(page, cause) == (4404, "no-access")


async def test_a_deleted_project_closes(session: str, shop: Project, open_page: Open, system: Actor) -> None:
    page = await open_page(session, age="")

    assert await closes(page, lambda: services.delete_project(shop, actor=system)) == (4404, "no-access")


async def test_who_may_still_look_stays(session: str, bob: User, production: Environment, open_page: Open) -> None:
    page = await open_page(session, age="")
    other = await open_page(await database_sync_to_async(session_of)(bob), age="")
    await page.hears()

    assert (await closes(other, Session.objects.exclude(session_key=session).delete))[0] == 4401
    assert not task_of_guard().done()
    assert (await page.communicator.receive_output(5))["text"] == '{"type":"ping"}'


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, LookupError])
async def test_nobody_is_trusted_for_long_while_nobody_can_be_asked(
    error: type[Exception], session: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*arguments: Any) -> None:
        raise error

    page = await open_page(session, age="")
    await page.hears()
    monkeypatch.setattr(guard, "ask", fail)
    monkeypatch.setattr(guard, "TRUST_SECONDS", 0.5)
    task_of_guard().cancel()

    other = await open_page(session, age="")

    assert closing(await _last(page)) == closing(await _last(other)) == (4503, "out-of-reach")


async def _last(page: Page) -> dict[str, Any]:
    while (said := await page.hears())["type"] != "websocket.close":
        pass
    return said


async def test_the_guard_rests_when_nobody_looks(session: str, open_page: Open) -> None:
    page = await open_page(session, age="")
    await page.hears()
    task = task_of_guard()

    await page.communicator.send_input({"type": "websocket.disconnect", "code": 1001})
    await page.communicator.wait(5)
    await task

    assert task.done()


@pytest.mark.parametrize("count", [1, 50])
def test_the_number_of_queries_does_not_depend_on_the_number_of_sockets(
    count: int, vera: User, bob: User, acme: Organization, system: Actor
) -> None:
    projects = [
        services.create_project(acme, key=f"p{number}", name=f"P{number}", actor=system) for number in range(count)
    ]
    viewers = {Viewer(session_of((vera, bob)[number % 2]), "acme", each.key) for number, each in enumerate(projects)}

    with CaptureQueriesContext(connection) as queries:
        sights = sights_of(viewers, timezone.now())

    assert len(queries) == 5
    assert not any(isinstance(sight, Ended) for sight in sights.values())
