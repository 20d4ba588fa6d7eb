"""Buckets of requests: in this process, in Redis for all processes, and what happens when Redis does not answer."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings

from tenants import buckets
from tenants.breaker import redis_breaker
from tenants.buckets import Policy, Take, take

FEW = Policy("token", 3)


@pytest.fixture(autouse=True)
def everything_is_full() -> Iterator[None]:
    buckets.forget_everything()
    redis_breaker.close()
    yield
    buckets.forget_everything()
    redis_breaker.close()


@pytest.fixture
def without_redis(settings: Any) -> None:
    settings.REDIS_URL = ""


def admitted(policy: Policy, who: str, times: int) -> list[bool]:
    return [take(policy, who).is_admitted for _ in range(times)]


@pytest.mark.usefixtures("without_redis")
def test_so_many_come_at_once_and_no_more() -> None:
    assert admitted(FEW, "a", 5) == [True, True, True, False, False]
    assert admitted(FEW, "b", 1) == [True]


@pytest.mark.usefixtures("without_redis")
def test_what_was_taken_comes_back_one_by_one() -> None:
    many = Policy("token", 600)  # one comes back in a tenth of a second
    admitted(many, "a", 600)

    time.sleep(0.25)

    assert sum(admitted(many, "a", 50)) in range(2, 40)


@pytest.mark.usefixtures("without_redis")
def test_who_asked_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "MOST_BUCKETS", 2)
    admitted(FEW, "a", 3)

    take(FEW, "b"), take(FEW, "c")

    assert take(FEW, "a").is_admitted


@pytest.mark.parametrize(
    ("empty", "told", "retry_after"),
    [
        (20_000_000, '"token";r=2;t=20', 1),
        (60_000_000, '"token";r=0;t=60', 20),
        (40_000_001, '"token";r=0;t=41', 1),
    ],
)
def test_what_is_left_is_told_as_the_standard_has_it(empty: int, told: str, retry_after: int) -> None:
    taken = Take(FEW, True, empty)

    assert taken.headers == {"RateLimit-Policy": '"token";q=3;w=60', "RateLimit": told}
    assert taken.retry_after == retry_after


@pytest.mark.skipif(not django_settings.REDIS_URL, reason="needs Redis, which the second run of script/test has")
def test_all_processes_take_from_one_bucket_in_redis() -> None:
    who = f"test-{time.time_ns()}"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: take(Policy("token", 20), who), range(40)))
    buckets.forget_everything()  # as another process, which remembers nothing

    client: Any = redis.Redis.from_url(django_settings.REDIS_URL)
    assert sum(outcome.is_admitted for outcome in outcomes) == 20
    assert not take(Policy("token", 20), who).is_admitted
    assert 0 < client.pttl(f"flagforge:bucket:token:{who}") <= 60_000


def test_a_redis_that_is_away_costs_no_answer(settings: Any) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"

        assert admitted(FEW, "a", 4) == [True, True, True, False]


def test_a_silent_redis_is_waited_for_once(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()

        outcomes = admitted(FEW, "a", 4)

        waited = time.monotonic() - began
    assert outcomes == [True, True, True, False]
    # All four, each with its second and third try, would take six times as long.
    assert waited < 4 * settings.REDIS_TIMEOUTS["socket_timeout"]
