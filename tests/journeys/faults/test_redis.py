"""Redis that is silent, killed, or emptied: only wake-ups and copies lie there, so nobody waits for it."""

import time

import pytest
import redis

from tests.journeys.faults.clients import Asker, Crowd, SseListener
from tests.journeys.faults.installation import Installation, Running, until
from tests.journeys.faults.shop import Shop

pytestmark = pytest.mark.postgresql

# Without wake-ups everybody looks by the clock, every second or two.
BLIND = 10
QUICK = 0.05
# A look-out takes Redis for dead after 7 s without an answer.
NOTICED = 8


def test_a_redis_that_accepts_and_never_answers_holds_nobody_up(
    installation: Installation, shop: Shop, crowd: Crowd
) -> None:
    with Asker(installation.places.url, shop.client_key, shop.flag) as asker:
        installation.before["redis"].hold()
        shop.switch(True)
        until(lambda: crowd.all_see(True), BLIND)
        shop.switch(False)
        until(lambda: crowd.all_see(False), BLIND)
        installation.before["redis"].pass_on()

    assert asker.wrong == []
    assert asker.median < QUICK
    assert crowd.has_never_gone_back()
    assert not shop.is_on()


def test_redis_killed_and_back(installation: Installation, shop: Shop, crowd: Crowd) -> None:
    assert installation.redis
    with Asker(installation.relay.url, shop.client_key, shop.flag) as asker:
        installation.redis.kill()
        shop.switch(True)
        until(lambda: crowd.all_see(True), BLIND)

        installation.redis.start()
        shop.switch(False)
        until(lambda: crowd.all_see(False), BLIND)

    assert asker.wrong == []
    assert crowd.has_never_gone_back()


def test_redis_emptied(installation: Installation, shop: Shop, crowd: Crowd) -> None:
    assert installation.redis
    with Asker(installation.places.url, shop.client_key, shop.flag) as asker:
        redis.Redis(port=installation.redis.port).flushall()
        shop.switch(True)
        until(lambda: crowd.all_see(True), BLIND)

    assert asker.wrong == []
    assert crowd.has_never_gone_back()


@pytest.mark.slow
def test_while_redis_is_silent_other_processes_look_by_the_clock(
    installation: Installation, shop: Shop, another_control: Running
) -> None:
    with SseListener(another_control.url, shop.client_key, shop.flag) as listener:
        until(lambda: listener.value is False, BLIND)
        installation.before["redis"].hold()
        shop.switch(True)
        until(lambda: listener.value is True, BLIND, why=another_control.said)
        time.sleep(NOTICED)
        shop.switch(False)
        until(lambda: listener.value is False, BLIND, why=another_control.said)
        installation.before["redis"].pass_on()
        shop.switch(True)
        until(lambda: listener.value is True, BLIND, why=another_control.said)

    assert listener.connections == 1
    assert shop.is_on()
