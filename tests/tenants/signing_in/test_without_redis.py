"""Redis away: people sign in all the same, and who guesses is slowed down all the same."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from flagforge.cache import RedisOrHere
from tenants.breaker import redis_breaker
from tenants.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def redis_away(settings: Any) -> Iterator[None]:
    away = {"BACKEND": "flagforge.cache.RedisOrHere", "LOCATION": "redis://127.0.0.1:1", "OPTIONS": {}}
    settings.CACHES = {**settings.CACHES, "default": away}
    yield
    cache: Any = caches["default"]
    assert isinstance(cache, RedisOrHere)
    cache._here.clear()
    redis_breaker.close()


def sign_in(email: str, password: str) -> int:
    answer: Any = Client().post("/accounts/login/", {"login": email, "password": password})
    return int(answer.status_code)


def test_people_sign_in(alice: User) -> None:
    assert sign_in(alice.email, PASSWORD) == 302


def test_who_guesses_is_slowed_down(alice: User) -> None:
    assert [sign_in(alice.email, "wrong") for _ in range(6)] == [200] * 5 + [429]


def test_what_was_begun_while_redis_was_away_can_be_ended() -> None:
    cache = caches["default"]

    assert cache.add("lock", True)
    assert not cache.add("lock", True)
    assert cache.delete("lock")
    assert cache.add("lock", True)
