"""Who may call: a token in good order, or a person with a session and its CSRF token."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, Organization, User
from tenants.roles import Role
from tests.tenants.api.conftest import ACME, Caller, person, problem_of, token_of

pytestmark = pytest.mark.django_db


def test_nobody_gets_a_challenge(client: Client, acme: Organization) -> None:
    answer = client.get(ACME)

    problem_of(answer, 401, "not-authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("given", ["Bearer", "Bearer x", "Basic YTpi", "Bearer ff_token_" + "a" * 43, "ff_token_x", ""])
def test_a_key_that_is_none_is_refused(given: str, acme: Organization) -> None:
    problem_of(Caller(Authorization=given).get(ACME), 401, "bad-api-key")


def test_a_revoked_token_and_an_expired_one_end_at_once(acme: Organization, system: Actor) -> None:
    revoked, first = services.create_api_key(kind="token", scope=acme, name="a", role=Role.ADMIN, actor=system)
    expired, second = services.create_api_key(kind="token", scope=acme, name="b", role=Role.ADMIN, actor=system)
    assert token_of(first).get(ACME).status_code == token_of(second).get(ACME).status_code == 200

    services.revoke_api_key(revoked, actor=system)
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    problem_of(token_of(first).get(ACME), 401, "bad-api-key")
    problem_of(token_of(second).get(ACME), 401, "bad-api-key")


@pytest.mark.parametrize("kind", ["client", "server", "relay"])
def test_the_keys_of_applications_are_at_the_wrong_door(kind: str, development: Environment, system: Actor) -> None:
    secret = services.create_api_key(kind=kind, scope=development, name="x", actor=system)[1]

    problem_of(token_of(secret).get(ACME), 403, "wrong-kind-of-key")


def test_a_session_changes_something_only_with_its_csrf_token(alice: User, acme: Organization) -> None:
    caller = person(alice)

    assert caller.patch(ACME, {"name": "Acme Ltd"}).status_code == 200
    del caller.headers["X-CSRFToken"]
    problem_of(caller.patch(ACME, {"name": "Evil"}), 403, "csrf")
    assert caller.get(ACME).json()["name"] == "Acme Ltd"


def test_a_deactivated_person_is_nobody(alice: User, acme: Organization) -> None:
    caller = person(alice)

    alice.is_active = False
    alice.save()

    problem_of(caller.get(ACME), 401, "not-authenticated")


def test_the_audit_says_who_from_where_in_which_request(alice: User, acme: Organization) -> None:
    caller = person(alice)

    answer = caller.patch(ACME, {"name": "Acme Ltd", "comment": "rebranded"}, headers={"X-Request-Id": "r-1"})
    event = caller.get(f"{ACME}/audit/", request_id="r-1").json()["results"][0]

    assert answer["X-Request-Id"] == "r-1"
    assert (event["verb"], event["actor"]["id"], event["ip"]) == ("organization.renamed", alice.id, "127.0.0.1")
    assert (event["comment"], event["after"]) == ("rebranded", {"name": "Acme Ltd"})


@pytest.mark.parametrize(
    "path", ["", "nowhere", "organizations", "organizations/a%00b", "organizations/acme%0A/projects/x"]
)
def test_an_address_of_nothing_is_a_problem_too(path: str, program: Caller) -> None:
    problem_of(program.get(f"/api/v1/{path}"), 404, "not-found")


def test_answers_are_kept_by_no_cache(program: Caller) -> None:
    assert program.get(ACME)["Cache-Control"] == "private, no-store"
