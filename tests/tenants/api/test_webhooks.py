"""Webhooks by the management API: a secret shown once, a log, and every way to send again."""

from typing import Any

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import Organization, Project, Webhook, WebhookDelivery
from tenants.roles import Role
from tests.tenants.api.conftest import ACME, Caller, paths_of, problem_of, token_of

pytestmark = pytest.mark.django_db
WEBHOOKS = f"{ACME}/webhooks/"
CI = {"name": "CI", "url": "https://ci.example.com/hooks", "events": ["flag.toggled"]}


@pytest.fixture
def made(program: Caller, shop: Project) -> Any:
    return program.post(WEBHOOKS, {**CI, "project": "shop"})


def test_a_secret_is_in_the_answer_to_its_creation_alone(program: Caller, made: Any) -> None:
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert (made.json()["project"], made.json()["is_enabled"]) == ("shop", True)
    assert program.get(made["Location"]).json() == made.json() | {"secret": None}
    assert "whsec_" not in program.get(WEBHOOKS).content.decode()


def test_a_repeated_request_does_not_show_it_again(program: Caller, acme: Organization) -> None:
    first, again = (program.post(WEBHOOKS, CI, headers={"Idempotency-Key": "k"}) for _ in range(2))

    assert (first.json()["id"], again.json()["secret"]) == (again.json()["id"], None)
    assert Webhook.objects.count() == 1


def test_it_is_edited_disabled_enabled_rotated_and_deleted(program: Caller, made: Any) -> None:
    here, secret = made["Location"], made.json()["secret"]

    assert program.patch(here, {"name": "Deploys", "is_enabled": False}).json()["is_enabled"] is False
    assert program.patch(here, {"is_enabled": True}).json()["disabled_at"] is None
    rotated = program.post(f"{here}/rotate", {"overlap_seconds": 60}).json()
    assert rotated["secret"] not in (None, secret)
    assert rotated["old_secret_until"] is not None
    assert program.delete(here).status_code == 204
    problem_of(program.get(here), 404)


def test_what_was_sent_is_listed_and_sent_again(program: Caller, made: Any) -> None:
    here = made["Location"]
    sent = program.post(f"{here}/test").json()
    assert (sent["type"], sent["state"], sent["attempts"]) == ("webhook.tested", "waiting", [])
    WebhookDelivery.objects.update(state="failed", tries=11)

    assert [one["id"] for one in program.get(f"{here}/deliveries/", state="failed").json()["results"]] == [sent["id"]]
    assert program.get(f"{here}/deliveries/", state="delivered").json()["results"] == []
    assert program.post(f"{here}/deliveries/{sent['id']}/replay").json()["state"] == "waiting"
    WebhookDelivery.objects.update(state="failed")
    assert program.post(f"{here}/replay", {"since": "2020-01-01T00:00:00Z"}).json() == {"deliveries": 1}
    assert program.get(f"{here}/deliveries/{sent['id']}").json()["body"] == sent["body"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"url": "http://ci.example.com/"}, "url"),
        ({"url": 7}, "url"),
        ({"events": ["flag.exploded"]}, "events[0]"),
        ({"format": "fax"}, "format"),
        ({"environment": "production"}, "project"),
        ({"project": "nowhere"}, "project"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
def test_what_is_wrong_is_said_at_its_path(program: Caller, acme: Organization, change: Any, path: str) -> None:
    assert path in paths_of(problem_of(program.post(WEBHOOKS, {**CI, **change}), 400))


@pytest.mark.parametrize(
    ("address", "body", "path"),
    [
        ("/rotate", {}, "overlap_seconds"),
        ("/rotate", {"overlap_seconds": -1}, "overlap_seconds"),
        ("/rotate", {"overlap_seconds": 10**9}, "overlap_seconds"),
        ("/replay", {}, "since"),
        ("/replay", {"since": "yesterday"}, "since"),
        ("/replay", {"since": "2020-01-01T00:00:00"}, "since"),
        ("/replay", {"since": "2020-99-01T00:00:00Z"}, "since"),
    ],
)
def test_what_is_asked_wrongly_is_refused(program: Caller, made: Any, address: str, body: Any, path: str) -> None:
    assert paths_of(problem_of(program.post(made["Location"] + address, body), 400)) == [path]


def test_an_unknown_state_is_refused(program: Caller, made: Any) -> None:
    problem_of(program.get(f"{made['Location']}/deliveries/", state="lost"), 400)


def test_a_disabled_one_says_so(program: Caller, made: Any) -> None:
    program.patch(made["Location"], {"is_enabled": False})

    problem_of(program.post(f"{made['Location']}/test"), 409, "conflict")


def test_a_member_sees_none_and_makes_none(made: Any, acme: Organization, system: Actor) -> None:
    member = token_of(services.create_api_key(kind="token", scope=acme, name="m", role=Role.MEMBER, actor=system)[1])

    assert member.get(WEBHOOKS).json()["results"] == []
    problem_of(member.get(made["Location"]), 404)
    problem_of(member.post(WEBHOOKS, CI), 403, "not-allowed")


def test_an_id_of_another_organization_opens_nothing(
    program: Caller, globex: Organization, made: Any, system: Actor
) -> None:
    theirs = services.create_webhook(scope=globex, name="X", url="https://x.example/", actor=system)[0]

    problem_of(program.get(f"{WEBHOOKS}{theirs.id}"), 404)
    problem_of(program.get(f"{WEBHOOKS}nonsense"), 404)
    problem_of(program.post(f"{made['Location']}/deliveries/nonsense/replay"), 404)
