"""Who else has a page open is told, as far as one may see, and only while they have."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings

from evaluation.dashboard import presence
from evaluation.dashboard.presence import Presence, read, told
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tenants.roles import Role
from tests.evaluation.dashboard.conftest import Open, Page, session_of

SIGHT = {"1": "development", "2": "production"}
MONA = Presence("mona", "Mona Rao", "flag:checkout", "production", is_editing=False)


def someone(
    person: str, *, page: str = "flag:checkout", environment: str = "production", editing: bool = False
) -> Presence:
    return Presence(person, person.title(), page, environment, is_editing=editing)


def names(others: list[Presence], sight: dict[str, str] = SIGHT) -> list[tuple[str, bool]]:
    return [(one["name"], one["editing"]) for one in told(others, MONA, sight)]


def test_those_on_the_same_page_are_told_editors_first() -> None:
    others = [someone("ada"), someone("bob", editing=True), someone("vera", page="flag:other"), MONA]

    assert names(others) == [("Bob", True), ("Ada", False)]


def test_somebody_with_two_windows_is_one_person_who_edits() -> None:
    others = [someone("bob", editing=True), someone("bob", environment="development")]

    assert names(others) == [("Bob", True)]


def test_an_environment_out_of_sight_tells_nothing() -> None:
    assert names([someone("bob")], {"1": "development"}) == []


@pytest.mark.parametrize(
    "text",
    [
        "{" * 100,
        "[]",
        "1",
        "null",
        '{"here": "flag:checkout"}',
        '{"here": "flag:checkout", "environment": "staging"}',
        json.dumps({"here": "x" * 1000, "environment": ""}),
    ],
)
def test_what_is_no_place_or_none_of_theirs_is_ignored(text: str) -> None:
    assert read(text, "mona", "Mona", SIGHT) is None


def test_only_a_plain_yes_is_editing() -> None:
    said = read('{"here": "flag:checkout", "environment": "production", "editing": "no"}', "mona", "Mona", SIGHT)

    assert said == Presence("mona", "Mona", "flag:checkout", "production", is_editing=False)


@pytest.fixture
def redis_is_there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A fast clock, and nobody of an earlier test."""
    if not settings.REDIS_URL:
        pytest.skip("without Redis nobody is told of anybody, as another test shows")
    monkeypatch.setattr(presence, "LOOK_SECONDS", 0.1)
    client = redis.Redis.from_url(settings.REDIS_URL, **settings.REDIS_OPTIONS)
    client.delete("flagforge:presence:acme/shop")
    yield client
    client.close()


async def say(page: Page, environment: str, *, editing: bool = False, here: str = "flag:checkout") -> None:
    text = json.dumps({"here": here, "environment": environment, "editing": editing})
    await page.communicator.send_input({"type": "websocket.receive", "text": text})


async def people_on(page: Page) -> list[tuple[str, str, bool]]:
    async with asyncio.timeout(10):
        while True:
            heard = await page.hears()
            if heard["type"] == "presence":
                return [(one["name"], one["environment"], one["editing"]) for one in heard["people"]]


@pytest.fixture
def vera_session(vera: User, production: Environment) -> str:
    return session_of(vera)


@pytest.fixture
def bob_session(bob: User, production: Environment) -> str:
    return session_of(bob)


@pytest.fixture
def guest_session(charlie: User, shop: Project, development: Environment, system: Actor) -> str:
    """Of Charlie, who sees the development environment and nothing else."""
    services.add_member(shop.organization, user=charlie, role=Role.VIEWER, scope=development, actor=system)
    return session_of(charlie)


@pytest.mark.django_db(transaction=True)
async def test_a_colleague_comes_edits_and_leaves(
    redis_is_there: Any, vera_session: str, bob_session: str, open_page: Open
) -> None:
    veras, bobs = await open_page(vera_session), await open_page(bob_session)

    await say(veras, "production")
    await say(bobs, "production")
    assert await people_on(veras) == [("Bob", "production", False)]
    assert await people_on(bobs) == [("Vera", "production", False)]

    await say(bobs, "production", editing=True)
    assert await people_on(veras) == [("Bob", "production", True)]

    await bobs.communicator.send_input({"type": "websocket.disconnect", "code": 1001})
    assert await people_on(veras) == []
    assert 0 < redis_is_there.ttl("flagforge:presence:acme/shop") <= 60


@pytest.mark.django_db(transaction=True)
async def test_whoever_does_not_see_an_environment_does_not_hear_who_is_there(
    redis_is_there: Any, guest_session: str, bob_session: str, open_page: Open
) -> None:
    guests, bobs = await open_page(guest_session), await open_page(bob_session)

    await say(guests, "development")
    await say(bobs, "production", editing=True)
    assert await people_on(bobs) == [("Charlie", "development", False)]
    await say(bobs, "development")

    assert await people_on(guests) == [("Bob", "development", False)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(bool(settings.REDIS_URL), reason="is about life without Redis")
async def test_without_redis_nobody_is_told_of_anybody(vera_session: str, bob_session: str, open_page: Open) -> None:
    veras, bobs = await open_page(vera_session), await open_page(bob_session)

    await say(veras, "production")
    await say(bobs, "production")

    heard = [json.loads((await veras.communicator.receive_output(5))["text"])["type"] for _ in range(4)]
    assert "ping" in heard
    assert "presence" not in heard
