"""API keys by the API: shown once, listed without their secret, revoked for ever."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants.models import ApiKey, Environment
from tests.tenants.api.conftest import ACME, Caller, paths_of, problem_of

pytestmark = pytest.mark.django_db

KEYS = f"{ACME}/keys/"
SERVER = {"kind": "server", "name": "shop", "project": "shop", "environment": "development"}


def test_a_secret_is_in_the_answer_to_its_creation_alone(program: Caller, development: Environment) -> None:
    made = program.post(KEYS, SERVER)

    assert made.status_code == 201
    assert made.json()["secret"].startswith("ff_server_")
    assert program.get(made["Location"]).json() == made.json() | {"secret": None}
    assert made.json()["secret"] not in program.get(KEYS).content.decode()


def test_keys_are_listed_by_place_and_kind(program: Caller, development: Environment) -> None:
    program.post(KEYS, SERVER)
    program.post(KEYS, {"kind": "relay", "name": "edge", "project": "shop"})

    def listed(**query: str) -> list[str]:
        return [one["kind"] for one in program.get(KEYS, **query).json()["results"]]

    assert listed() == ["relay", "server", "token"]
    assert listed(project="shop") == ["relay", "server"]
    assert listed(project="shop", environment="development") == ["server"]
    assert listed(kind="token") == ["token"]


def test_a_revoked_key_stays_in_the_list(program: Caller, development: Environment) -> None:
    key = program.post(KEYS, SERVER)

    assert program.delete(key["Location"]).status_code == 204
    assert program.delete(key["Location"]).status_code == 204
    assert program.get(key["Location"]).json()["revoked_at"] is not None


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"kind": "master"}, "kind"),
        ({"environment": "moon"}, "environment"),
        ({"project": "moon"}, "project"),
        ({"project": "a\0"}, "project"),
        ({"role": "admin"}, "role"),
        ({"role": "king"}, "role"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2101-01-01"}, "expires_at"),
        ({"expires_at": "2101-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "2101-13-41T00:00:00Z"}, "expires_at"),
        ({"origins": "x"}, "origins"),
        ({"limits": [1]}, "limits"),
        ({"limits": {"streams": 0}}, "limits.streams"),
        ({"name": ""}, "name"),
    ],
)
def test_a_wrong_member_is_named_and_nothing_made(
    change: dict[str, Any], path: str, program: Caller, development: Environment
) -> None:
    before = ApiKey.objects.count()

    assert path in paths_of(problem_of(program.post(KEYS, SERVER | change), 400, "invalid"))
    assert ApiKey.objects.count() == before


def test_what_bounds_a_key_can_be_edited(program: Caller, development: Environment) -> None:
    made = program.post(KEYS, SERVER | {"kind": "client", "limits": {"requests_per_second": 5}})
    bounds = {"name": "web", "origins": ["https://shop.example"], "limits": {"streams": 100}}

    edited = program.patch(made["Location"], bounds | {"comment": "Too much of it"})

    assert made.json()["limits"] == {"requests_per_second": 5}
    assert edited.status_code == 200
    assert edited.json() == made.json() | bounds
    problem_of(program.patch(made["Location"], {"kind": "server"}), 400, "invalid")
    problem_of(program.patch(made["Location"], {"origins": ["shop.example"]}), 400, "invalid")


def test_nobody_makes_a_token_above_their_own_role(program: Caller) -> None:
    problem_of(program.post(KEYS, {"kind": "token", "name": "x", "role": "owner"}), 403, "not-allowed")


def test_a_key_is_rotated_with_an_overlap(program: Caller, development: Environment) -> None:
    made = program.post(KEYS, SERVER)

    rotated = program.post(f"{made['Location']}/rotate", {"overlap_seconds": 3600}, headers={"Idempotency-Key": "1"})
    again = program.post(f"{made['Location']}/rotate", {"overlap_seconds": 3600}, headers={"Idempotency-Key": "1"})

    assert rotated.status_code == 201
    assert rotated.json()["secret"].startswith("ff_server_")
    assert again.json() == rotated.json() | {"secret": None}
    assert rotated.json()["replaces"] == made.json()["id"]
    assert program.get(made["Location"]).json()["expires_at"] is not None
    assert program.get(rotated["Location"]).json()["secret"] is None
    assert program.get(f"{made['Location']}/rotate").status_code == 405


@pytest.mark.parametrize("body", [{}, {"overlap_seconds": "1"}, {"overlap_seconds": -1}, {"overlap_seconds": 10**9}])
def test_an_overlap_is_a_number_of_seconds(body: Any, program: Caller, development: Environment) -> None:
    made = program.post(KEYS, SERVER)

    answer = program.post(f"{made['Location']}/rotate", body)

    assert paths_of(problem_of(answer, 400, "invalid")) == ["overlap_seconds"]


def test_keys_that_end_soon_are_listed(program: Caller, development: Environment) -> None:
    soon = (timezone.now() + timedelta(days=3)).isoformat()
    made = program.post(KEYS, SERVER | {"expires_at": soon})
    program.post(KEYS, SERVER | {"expires_at": "2101-01-01T00:00:00Z"})

    assert [one["id"] for one in program.get(KEYS, ending="14").json()["results"]] == [made.json()["id"]]
    assert program.get(KEYS, ending="2").json()["results"] == []
    for wrong in ("0", "soon", "-1", "9999"):
        assert paths_of(problem_of(program.get(KEYS, ending=wrong), 400)) == ["ending"]
