"""Redis that is silent, killed, or emptied: only wake-ups and copies lie there, so nobody waits for it."""

import pytest
import redis

from tests.journeys.faults.clients import Asker, Audience
from tests.journeys.faults.installation import Installation, until
from tests.journeys.faults.shop import Shop

pytestmark = pytest.mark.postgresql

# Without wake-ups everybody looks by the clock, every second or two.
BLIND = 10
QUICK = 0.05


def test_a_redis_that_accepts_and_never_answers_holds_nobody_up(
    installation: Installation, shop: Shop, audience: Audience
) -> None:
    with Asker(installation.places.url, shop.client_key, shop.flag) as asker:
        installation.before["redis"].hold()
        shop.switch(True)
        until(lambda: audience.all_see(True), BLIND)
        shop.switch(False)
        until(lambda: audience.all_see(False), BLIND)
        installation.before["redis"].pass_on()

    assert asker.wrong == []
    assert asker.median < QUICK
    assert audience.has_never_gone_back()
    assert not shop.is_on()


def test_redis_killed_and_back(installation: Installation, shop: Shop, audience: Audience) -> None:
    assert installation.redis
    with Asker(installation.relay.url, shop.client_key, shop.flag) as asker:
        installation.redis.kill()
        shop.switch(True)
        until(lambda: audience.all_see(True), BLIND)

        installation.redis.start()
        shop.switch(False)
        until(lambda: audience.all_see(False), BLIND)

    assert asker.wrong == []
    assert audience.has_never_gone_back()


def test_redis_emptied(installation: Installation, shop: Shop, audience: Audience) -> None:
    assert installation.redis
    with Asker(installation.places.url, shop.client_key, shop.flag) as asker:
        redis.Redis(port=installation.redis.port).flushall()
        shop.switch(True)
        until(lambda: audience.all_see(True), BLIND)

    assert asker.wrong == []
    assert audience.has_never_gone_back()
