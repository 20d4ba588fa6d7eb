"""An open page hears what changed, and only what its person may see."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from evaluation.dashboard.shown import read_shown
from evaluation.stream import service
from flags import services as flag_services
from flags.models import Flag
from tenants import outbox, services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tenants.roles import Role
from tests.evaluation.conftest import MakeFlag
from tests.evaluation.dashboard.conftest import Open, session_of

pytestmark = pytest.mark.django_db(transaction=True)
Do = Callable[..., Any]


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment, production: Environment) -> Flag:
    flag = a_flag("checkout", development, enabled=True)
    outbox.drain()
    return flag


@pytest.fixture
def do() -> Do:
    """Calls a service elsewhere than on the event loop, and drains as a server does."""

    def call(service: Do, *arguments: Any, **named: Any) -> Any:
        result = service(*arguments, actor=Actor.system("test"), **named)
        outbox.drain()
        return result

    in_thread: Do = database_sync_to_async(call)
    return in_thread


@pytest.fixture
def vera_session(vera: User, checkout: Flag) -> str:
    return session_of(vera)


async def test_a_toggle_names_the_flag(
    vera_session: str, checkout: Flag, development: Environment, open_page: Open, do: Do
) -> None:
    page = await open_page(vera_session, age="")
    for _ in ("development", "production"):
        assert (await page.hears())["whole"] is True

    await do(flag_services.toggle_flag, checkout, development, enabled=False)
    heard = await page.hears()

    assert (heard.pop("version") > 1, heard) == (
        True,
        {"type": "changed", "environment": "development", "flags": ["checkout"], "removed": [], "whole": False},
    )


async def test_an_archived_flag_is_named_as_removed(vera_session: str, checkout: Flag, open_page: Open, do: Do) -> None:
    page = await open_page(vera_session, age="")
    for _ in ("development", "production"):
        await page.hears()

    await do(flag_services.archive_flag, checkout)
    heard = [await page.hears(), await page.hears()]

    assert {frame["environment"]: frame["removed"] for frame in heard} == {
        "development": ["checkout"],
        "production": ["checkout"],
    }


async def test_a_page_that_is_younger_than_the_rules_is_told_nothing(
    vera_session: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.dashboard.shown.SLACK", timedelta(hours=-1))

    page = await open_page(vera_session, age="20")

    assert await page.is_quiet()


async def test_a_page_that_was_asked_for_before_the_last_change_looks_at_everything(
    vera_session: str, open_page: Open
) -> None:
    page = await open_page(vera_session, age="60000")

    assert (await page.hears())["whole"] is True


async def test_a_page_that_shows_its_flag_as_it_is_hears_nothing_however_young_the_change(
    vera_session: str, checkout: Flag, development: Environment, open_page: Open, do: Do, a_flag: MakeFlag
) -> None:
    await do(flag_services.toggle_flag, checkout, development, enabled=False)
    page = await open_page(vera_session, shows="checkout development:3 production:1")
    await do(lambda actor: a_flag("search", development))
    assert await page.is_quiet()

    await do(flag_services.toggle_flag, checkout, development, enabled=True)

    assert (await page.hears())["flags"] == ["checkout"]


async def test_a_page_that_missed_a_change_of_its_flag_looks_at_everything(vera_session: str, open_page: Open) -> None:
    page = await open_page(vera_session, shows="checkout development:1 production:1")

    heard = await page.hears()

    assert (heard["environment"], heard["whole"]) == ("development", True)
    assert await page.is_quiet()


async def test_a_page_of_a_flag_that_is_not_served_goes_by_its_age(vera_session: str, open_page: Open) -> None:
    page = await open_page(vera_session, shows="search development:1 production:1")

    assert {(await page.hears())["environment"] for _ in range(2)} == {"development", "production"}


def test_what_is_no_version_is_not_believed() -> None:
    shown = read_shown({"shows": "checkout development production:-1 staging:x :2 qa:2"})

    assert (shown.flag, shown.versions) == ("checkout", {"": 2, "qa": 2})
    assert read_shown({"shows": "  "}).versions == {}


@pytest.mark.parametrize("age", ["", "-1", "soon", "1e9", "9" * 10, "\u0663"])
def test_an_age_that_is_no_number_is_as_none(age: str) -> None:
    assert read_shown({"age": age}).at is None


def test_an_age_is_in_milliseconds() -> None:
    shown = read_shown({"age": "60000"}).at

    assert shown is not None
    assert timedelta(seconds=61) < timezone.now() - shown < timedelta(seconds=64)


async def test_a_page_hears_at_once_that_it_was_let_in(vera_session: str, open_page: Open, settings: Any) -> None:
    settings.STREAM_HEARTBEAT_SECONDS = 60
    page = await open_page(vera_session)

    said = await page.communicator.receive_output(5)

    assert json.loads(said["text"]) == {"type": "ping"}


async def test_a_quiet_page_hears_pings(vera_session: str, open_page: Open) -> None:
    page = await open_page(vera_session, age="")
    for _ in ("development", "production"):
        await page.hears()

    assert await page.is_quiet()


async def test_what_a_page_says_is_ignored(vera_session: str, open_page: Open) -> None:
    page = await open_page(vera_session, age="")

    await page.communicator.send_input({"type": "websocket.receive", "text": "{" * 1000})
    await page.communicator.send_input({"type": "websocket.receive", "bytes": b"\xff"})

    assert (await page.hears())["type"] == "changed"


async def test_whoever_sees_one_environment_hears_of_that_alone(
    acme: Organization,
    checkout: Flag,
    development: Environment,
    production: Environment,
    charlie: User,
    open_page: Open,
    do: Do,
) -> None:
    await do(services.add_member, acme, user=charlie, role=Role.VIEWER, scope=development)
    page = await open_page(await database_sync_to_async(session_of)(charlie), age="")
    assert (await page.hears())["environment"] == "development"

    await do(flag_services.toggle_flag, checkout, production, enabled=True)

    assert await page.is_quiet()


async def test_an_environment_that_comes_into_sight_is_heard_of(
    acme: Organization,
    checkout: Flag,
    development: Environment,
    production: Environment,
    charlie: User,
    open_page: Open,
    do: Do,
) -> None:
    await do(services.add_member, acme, user=charlie, role=Role.VIEWER, scope=development)
    page = await open_page(await database_sync_to_async(session_of)(charlie), age="")
    await page.hears()

    await do(services.set_role, production, user=charlie, role=Role.VIEWER)

    assert (await page.hears())["environment"] == "production"


async def test_an_environment_that_goes_out_of_sight_is_heard_of_no_more(
    acme: Organization,
    checkout: Flag,
    development: Environment,
    production: Environment,
    charlie: User,
    open_page: Open,
    do: Do,
) -> None:
    await do(services.add_member, acme, user=charlie, role=Role.VIEWER, scope=development)
    await do(services.set_role, production, user=charlie, role=Role.VIEWER)
    page = await open_page(await database_sync_to_async(session_of)(charlie), age="")
    assert {(await page.hears())["environment"] for _ in range(2)} == {"development", "production"}

    await do(services.withdraw_role, production, user=charlie)
    await asyncio.sleep(1.5)
    await do(flag_services.toggle_flag, checkout, production, enabled=True)
    await do(flag_services.toggle_flag, checkout, development, enabled=False)

    assert (await page.hears())["environment"] == "development"


async def test_a_project_without_environments_may_be_watched(
    vera: User, acme: Organization, open_page: Open, do: Do
) -> None:
    await do(services.create_project, acme, key="empty", name="Empty")

    page = await open_page(await database_sync_to_async(session_of)(vera), "acme/empty")

    assert page.opened["type"] == "websocket.accept"
    assert await page.is_quiet()


async def test_very_many_changed_flags_are_not_named(
    vera_session: str, open_page: Open, shop: Project, development: Environment, do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.dashboard.changes.MOST_NAMES", 1)
    page = await open_page(vera_session, age="")
    for _ in ("development", "production"):
        await page.hears()

    def make_two(actor: Actor) -> None:
        for key in ("one", "two"):
            flag_services.create_flag(shop, {"key": key, "type": "boolean"}, actor=actor)

    await do(make_two)

    heard = await page.hears()
    assert (heard["flags"], heard["whole"]) == ([], True)


async def test_a_page_that_leaves_is_forgotten(vera_session: str, open_page: Open) -> None:
    page = await open_page(vera_session, age="")
    await page.hears()
    assert service.hub()._subscribers

    await page.communicator.send_input({"type": "websocket.disconnect", "code": 1001})
    await page.communicator.wait(5)
    await asyncio.sleep(0)

    assert not service.hub()._subscribers


async def test_a_server_that_stops_sends_pages_away(vera_session: str, open_page: Open) -> None:
    page = await open_page(vera_session, age="")
    for _ in ("development", "production"):
        await page.hears()

    await service.stop()
    closing = await page.hears()

    assert (closing["type"], closing["code"], closing["reason"]) == ("websocket.close", 1012, "shutdown")
