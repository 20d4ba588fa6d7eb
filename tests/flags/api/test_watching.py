"""Watching by the management API: as oneself, since a token is nobody who could be told."""

from typing import Any

import pytest

from flags.models import Flag
from flags.watching.watchers import watching
from tenants.models import Environment, User
from tests.tenants.api.conftest import SHOP, Caller, paths_of, person, problem_of

pytestmark = pytest.mark.django_db
FLAG = f"{SHOP}/flags/checkout"
WATCH = f"{FLAG}/watch"
MAILS = "/api/v1/watching"


@pytest.fixture(autouse=True)
def places(checkout: Flag, development: Environment, production: Environment) -> None:
    """Both environments are there."""


def test_watched_in_all_then_in_one_then_no_more(vera: User, checkout: Flag) -> None:
    caller = person(vera)

    assert caller.put(WATCH, {}).json() == {"is_watching": True, "as_owner": False, "environments": []}
    assert caller.put(WATCH, {"environments": ["production"]}).json()["environments"] == ["production"]
    assert caller.get(WATCH).json()["environments"] == ["production"]
    assert [one["key"] for one in caller.get(f"{SHOP}/flags/", watched="true").json()["results"]] == ["checkout"]
    assert caller.get(f"{SHOP}/flags/", watched="false").json()["results"] == []

    assert caller.delete(WATCH).status_code == 204
    assert caller.get(f"{SHOP}/flags/", watched="true").json()["results"] == []
    assert not watching(checkout, vera).is_on


def test_an_owner_watches_as_owner(vera: User) -> None:
    Flag.objects.update(owner=vera)

    assert person(vera).get(WATCH).json() == {"is_watching": True, "as_owner": True, "environments": []}


@pytest.mark.parametrize(
    ("body", "path"),
    [({"environments": ["nowhere"]}, "environments[0]"), ({"environments": "all"}, "environments"), ({"x": 1}, "x")],
)
def test_what_cannot_be_watched_is_said_at_its_path(vera: User, body: Any, path: str) -> None:
    assert paths_of(problem_of(person(vera).put(WATCH, body), 400)) == [path]


def test_what_is_no_choice_of_the_list_is_said(vera: User) -> None:
    assert paths_of(problem_of(person(vera).get(f"{SHOP}/flags/", watched="maybe"), 400)) == ["watched"]


def test_a_token_watches_nothing_and_lists_nothing_watched(program: Caller) -> None:
    problem_of(program.put(WATCH, {}), 403)
    problem_of(program.delete(WATCH), 403)
    problem_of(program.get(WATCH), 403)
    problem_of(program.get(MAILS), 403)
    problem_of(program.patch(MAILS, {"mails": "never"}), 403)
    assert program.get(f"{SHOP}/flags/", watched="true").json()["results"] == []


def test_an_outsider_finds_nothing(charlie: User) -> None:
    for method in ("get", "put", "delete"):
        problem_of(getattr(person(charlie), method)(WATCH), 404, "not-found")


def test_how_one_hears_of_it_is_chosen(bob: User) -> None:
    caller = person(bob)
    assert caller.get(MAILS).json() == {"mails": "daily", "hour": 9, "day": "mon", "time_zone": "UTC"}

    chosen = {"mails": "weekly", "hour": 0, "day": "sun", "time_zone": "Europe/Riga"}
    assert caller.patch(MAILS, chosen).json() == chosen
    assert caller.patch(MAILS, {"day": "mon"}).json() == chosen | {"day": "mon"}


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"mails": "hourly"}, "mails"),
        ({"hour": 24}, "hour"),
        ({"hour": -1}, "hour"),
        ({"day": "someday"}, "day"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"watched": True}, "watched"),
    ],
)
def test_what_is_no_choice_is_said_at_its_path(bob: User, wrong: dict[str, Any], path: str) -> None:
    assert paths_of(problem_of(person(bob).patch(MAILS, wrong), 400)) == [path]
