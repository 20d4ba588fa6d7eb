"""Whoever asks the control plane too often is turned away: a token, a person, an address."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tenants import buckets, services
from tenants.actors import Actor
from tenants.breaker import redis_breaker
from tenants.models import Organization, User
from tenants.roles import Role
from tests.conftest import Browser
from tests.tenants.api.conftest import ACME, Caller, person, problem_of, token_of

pytestmark = pytest.mark.django_db
PAGE = "/organizations/acme/"


@pytest.fixture(autouse=True)
def two_a_minute(settings: Any) -> Iterator[None]:
    names = ("token_requests_per_minute", "person_requests_per_minute", "address_requests_per_minute")
    settings.LIMITS = settings.LIMITS | dict.fromkeys(names, 2)
    yield from _full_again()


def _full_again() -> Iterator[None]:
    for again in (True, False):
        buckets.forget_everything()
        redis_breaker.close()
        cache.clear()  # with Redis the buckets lie beside the cache
        if again:
            yield


@pytest.fixture
def token(acme: Organization, system: Actor) -> str:
    return services.create_api_key(kind="token", scope=acme, name="ci", role=Role.ADMIN, actor=system)[1]


def test_a_token_is_told_what_is_left_and_then_to_wait(token: str) -> None:
    answers = [token_of(token).get(ACME) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"token";q=2;w=60'
    assert answers[0]["RateLimit"] == '"token";r=1;t=30'
    assert answers[2]["RateLimit"].startswith('"token";r=0;t=')
    assert 1 <= int(answers[2]["Retry-After"]) <= 30
    problem = problem_of(answers[2], 429, "too-many-requests")
    assert problem["detail"].startswith("This token may ask 2 times a minute. Come back in ")


def test_one_token_takes_nothing_from_another(token: str, acme: Organization, system: Actor) -> None:
    _, other = services.create_api_key(kind="token", scope=acme, name="cd", role=Role.VIEWER, actor=system)
    for _ in range(3):
        token_of(token).get(ACME)

    assert token_of(other).get(ACME).status_code == 200


def test_an_organization_may_have_a_limit_of_its_own_for_tokens(token: str, acme: Organization, system: Actor) -> None:
    services.set_limits(acme, limits={"token_requests_per_minute": 1}, actor=system)
    own = [token_of(token).get(ACME).status_code for _ in range(2)]
    services.set_limits(acme, limits={"token_requests_per_minute": 0}, actor=system)

    free = token_of(token).get(ACME)

    assert own == [200, 429]
    assert (free.status_code, "RateLimit" in free) == (200, False)


def test_a_refusal_says_what_is_left_too(token: str) -> None:
    assert token_of(token).get("/api/v1/organizations/acne")["RateLimit"].startswith('"token";')


def test_a_person_is_counted_over_pages_and_api_and_browsers(browser: Browser, alice: User, acme: Organization) -> None:
    statuses = [browser(alice).get(PAGE).status_code, person(alice).get(ACME).status_code]

    refused, problem = browser(alice).get(PAGE), person(alice).get(ACME)

    assert statuses == [200, 200]
    assert (refused.status_code, "You may ask 2 times a minute" in refused.content.decode()) == (429, True)
    assert "script-src 'self'" in refused["Content-Security-Policy"]
    assert int(refused["Retry-After"]) >= 1
    assert problem_of(problem, 429)["detail"].startswith("You may ask 2 times a minute")


def test_a_part_of_a_page_gets_a_toast(browser: Browser, alice: User, acme: Organization) -> None:
    client = browser(alice)
    for _ in range(2):
        client.get(PAGE)

    answer = client.get(PAGE, headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Reswap"]) == (429, "none")
    assert 'id="toasts"' in answer.content.decode()


@pytest.mark.parametrize("address", ["/api/schema/", "/api/docs/", "/invitations/anything/", "/accounts/signup/", ACME])
def test_an_address_without_a_login_is_counted(address: str, client: Client) -> None:
    answers = [client.get(address, REMOTE_ADDR="192.0.2.7") for _ in range(3)]

    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert client.get(address, REMOTE_ADDR="192.0.2.8").status_code != 429


def test_keys_that_do_not_work_count_for_their_address(token: str) -> None:
    for wrong in ("ff_token_" + "x" * 43, "nonsense"):
        answer = Caller(Authorization=f"Bearer {wrong}").get(ACME)
        problem_of(answer, 401, "bad-api-key")
        assert answer["RateLimit"].startswith('"address";')

    problem_of(Caller(Authorization="Basic YTpi").get(ACME), 429, "too-many-requests")
    assert token_of(token).get(ACME).status_code == 200


def test_a_network_of_ipv6_is_one_address(client: Client) -> None:
    for last in ("1", "2:3"):
        client.get("/api/schema/", REMOTE_ADDR=f"2001:db8:1:2::{last}")

    assert client.get("/api/schema/", REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
    assert client.get("/api/schema/", REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_what_a_client_claims_to_be_counts_for_nothing(client: Client) -> None:
    """uvicorn takes the word of trusted proxies, and has put the address where it belongs by then."""
    answers = [client.get("/api/schema/", headers={"X-Forwarded-For": f"192.0.2.{last}"}) for last in range(3)]

    assert answers[2].status_code == 429
