"""Triggers by the API: an address shown once, and the door at which they are pulled without any login."""

from typing import Any

import pytest
from django.test import Client

from flags import triggers
from flags.models import Flag, FlagConfig, FlagTrigger
from tenants.buckets import Policy, forget_everything
from tenants.models import AuditEvent, Environment
from tests.tenants.api.conftest import SHOP, Caller, paths_of, problem_of

pytestmark = pytest.mark.django_db
TRIGGERS = f"{SHOP}/flags/checkout/environments/development/triggers/"
ON = {"name": "Deploy", "action": "on"}


@pytest.fixture
def made(program: Caller, checkout: Flag, development: Environment) -> Any:
    return program.post(TRIGGERS, ON)


def path_of(made: Any) -> str:
    return "/api" + str(made.json()["url"]).partition("/api")[2]


def test_an_address_is_in_the_answer_to_its_creation_alone(program: Caller, made: Any) -> None:
    assert made.status_code == 201
    assert "/api/v1/triggers/ff_trigger_" in made.json()["url"]
    assert program.get(made["Location"]).json() == made.json() | {"url": None}
    secret = made.json()["url"].rpartition("/")[2]
    assert secret not in program.get(TRIGGERS).content.decode()


def test_a_repeated_request_does_not_show_it_again(program: Caller, checkout: Flag, development: Environment) -> None:
    first, again = (program.post(TRIGGERS, ON, headers={"Idempotency-Key": "k"}) for _ in range(2))

    assert (first.json()["id"], again.json()["url"]) == (again.json()["id"], None)


def test_whoever_has_the_address_pulls_it_without_any_login(made: Any) -> None:
    stranger = Client(enforce_csrf_checks=True)

    answer = stranger.post(path_of(made), "anything at all", "text/plain", headers={"X-Request-Id": "deploy-7"})

    said = answer.json()
    assert answer.status_code == 200
    assert (said["flag"], said["environment"], said["enabled"], said["changed"]) == (
        "checkout",
        "development",
        True,
        True,
    )
    assert stranger.post(path_of(made)).json()["changed"] is False
    event = AuditEvent.objects.get(verb="flag.toggled")
    assert (event.request_id, event.ip) == ("deploy-7", "127.0.0.1")


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
def test_a_link_that_is_only_looked_at_does_nothing(made: Any, method: str) -> None:
    """As chats and scanners do with whatever looks like a link."""
    answer = getattr(Client(), method)(path_of(made))

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert not FlagConfig.objects.exists()


def test_a_wrong_or_revoked_address_is_as_one_that_never_was(program: Caller, made: Any) -> None:
    problem_of(Client().post(path_of(made) + "x"), 404)
    assert program.delete(made["Location"]).status_code == 204
    revoked = Client().post(path_of(made))

    assert problem_of(revoked, 404) == problem_of(Client().post("/api/v1/triggers/ff_trigger_nonsense"), 404)
    assert program.get(made["Location"]).json()["revoked_at"] is not None


def test_it_is_pulled_only_so_often(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_everything()
    monkeypatch.setattr("flags.api.triggers.PULLS", Policy("trigger", 2))

    answers = [Client().post(path_of(made)) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    problem_of(answers[2], 429, "too-many-requests")
    assert int(answers[2]["Retry-After"]) > 0
    forget_everything()


def test_what_a_service_refuses_is_said(program: Caller, made: Any) -> None:
    assert program.post(f"{SHOP}/flags/checkout/archive").status_code == 200

    problem_of(Client().post(path_of(made)), 409, "conflict")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"action": "on"}, "name"),
        ({"name": "x"}, "action"),
        ({**ON, "action": "explode"}, "action"),
        ({**ON, "action": "serve"}, "variant"),
        ({**ON, "variant": "on"}, "variant"),
        ({**ON, "secret": "mine"}, "secret"),
    ],
)
def test_what_is_wrong_is_said_at_its_path(
    program: Caller, checkout: Flag, development: Environment, body: Any, path: str
) -> None:
    assert paths_of(problem_of(program.post(TRIGGERS, body), 400)) == [path]


def test_a_trigger_of_another_flag_is_not_here(program: Caller, made: Any, a_flag: Any) -> None:
    a_flag("banner")
    here = f"{SHOP}/flags/banner/environments/development/triggers/"

    assert program.get(here).json()["results"] == []
    problem_of(program.get(here + FlagTrigger.objects.get().id), 404)


def test_the_shown_address_is_that_of_the_secret(made: Any) -> None:
    assert triggers.find_trigger(made.json()["url"].rpartition("/")[2]) == FlagTrigger.objects.get()
