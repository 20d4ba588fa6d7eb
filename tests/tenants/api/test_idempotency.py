"""The same POST twice, with an Idempotency-Key, is one."""

from typing import Any

import pytest
from django.core.cache import cache

from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, Organization, Project
from tenants.roles import Role
from tests.tenants.api.conftest import ACME, Caller, problem_of, token_of

pytestmark = pytest.mark.django_db

PROJECTS = f"{ACME}/projects/"
ONCE = {"Idempotency-Key": "deploy-17"}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


def test_the_same_request_gets_the_same_answer_and_is_done_once(program: Caller) -> None:
    first, again = [program.post(PROJECTS, {"key": "shop"}, headers=ONCE) for _ in range(2)]

    assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
    assert Project.objects.count() == 1


def test_another_request_with_the_same_key_is_refused(program: Caller) -> None:
    program.post(PROJECTS, {"key": "shop"}, headers=ONCE)

    problem_of(program.post(PROJECTS, {"key": "blog"}, headers=ONCE), 422, "idempotency-key-reused")
    assert Project.objects.count() == 1


def test_keys_of_two_callers_have_nothing_to_do_with_each_other(
    program: Caller, acme: Organization, system: Actor
) -> None:
    other = token_of(services.create_api_key(kind="token", scope=acme, name="b", role=Role.ADMIN, actor=system)[1])
    program.post(PROJECTS, {"key": "shop"}, headers=ONCE)

    assert other.post(PROJECTS, {"key": "blog"}, headers=ONCE).status_code == 201


def test_a_refused_request_may_be_mended_under_its_key(program: Caller) -> None:
    problem_of(program.post(PROJECTS, {"key": "S H O P"}, headers=ONCE), 400)

    assert program.post(PROJECTS, {"key": "shop"}, headers=ONCE).status_code == 201


def test_a_secret_is_shown_once_and_kept_nowhere(program: Caller) -> None:
    body = {"kind": "token", "name": "ci", "role": "viewer"}

    first, again = [program.post(f"{ACME}/keys/", body, headers=ONCE).json() for _ in range(2)]

    assert first["secret"].startswith("ff_token_")
    assert again == first | {"secret": None}
    assert ApiKey.objects.filter(name="ci", kind="token", role=Role.VIEWER).count() == 1


def test_a_client_key_is_public_and_shown_again(program: Caller, development: Environment) -> None:
    body = {"kind": "client", "name": "web", "project": "shop", "environment": "development"}

    first, again = [program.post(f"{ACME}/keys/", body, headers=ONCE).json() for _ in range(2)]

    assert again == first
    assert program.get(f"{ACME}/keys/{first['id']}").json()["secret"] == first["secret"]


@pytest.mark.parametrize("key", ["", "a b", "a" * 201])
def test_a_key_that_is_none_is_refused(key: str, program: Caller) -> None:
    answer: Any = program.post(PROJECTS, {"key": "shop"}, headers={"Idempotency-Key": key})

    problem_of(answer, 400, "bad-request")
    assert not Project.objects.exists()


def test_without_the_cache_nothing_is_done_that_could_be_done_twice(program: Caller, settings: Any) -> None:
    nobody_there = "redis://127.0.0.1:1"
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": nobody_there}
    settings.CACHES = {**settings.CACHES, "shared": away}

    problem_of(program.post(PROJECTS, {"key": "shop"}, headers=ONCE), 503, "unavailable")
    assert not Project.objects.exists()
    assert program.post(PROJECTS, {"key": "shop"}).status_code == 201
