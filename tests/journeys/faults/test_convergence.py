"""Who has a change: everybody soon, a relay that stands still is named, and a kill is effective when everybody has it."""

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.faults.crowd import Crowd
from tests.journeys.faults.installation import SECONDS, Installation, Running, until
from tests.journeys.faults.shop import Shop

# Three relays are started, and on a busy machine each takes its time.
pytestmark = pytest.mark.timeout(300)


def test_a_change_reaches_everybody_and_it_is_said_how_fast(
    installation: Installation, shop: Shop, start_relay: Callable[..., Running]
) -> None:
    relays = [installation.relay, start_relay()]
    behind = start_relay("--upstream", relays[0].url)
    where = [installation.places.url] * 10 + [relay.url for relay in relays] * 20 + [behind.url] * 6
    with Crowd(where, shop.client_key):
        until(lambda: shop.convergence()["connected"] == 56, SECONDS, why=shop.convergence)
        before = shop.convergence()["version"]

        shop.switch(True)
        until(lambda: everybody_has_more_than(before, shop), SECONDS, why=shop.convergence)

        document = shop.convergence()

    (change, *_) = document["changes"]
    assert change["changes"][0] | {"version": 0} == {"topic": "flag.configured", "key": shop.flag, "version": 0}
    assert (change["reached"], change["of"], change["lagging"]) == (56, 56, [])
    assert 0 < change["p50_ms"] <= change["p99_ms"] < SECONDS * 1000
    assert {_pid(each) for each in document["reporters"] if each["relay"]} == {relay.pid for relay in (*relays, behind)}
    assert [each["connected"] for each in document["reporters"] if not each["relay"]] == [10]


def test_a_kill_is_effective_only_when_a_relay_that_stood_still_has_it_too(
    installation: Installation, shop: Shop, start_relay: Callable[..., Running]
) -> None:
    still = start_relay()
    with Crowd([installation.relay.url] * 12 + [still.url] * 24, shop.client_key):
        shop.switch(True)
        until(lambda: shop.convergence()["connected"] == 36, SECONDS, why=shop.convergence)
        assert still.process
        still.process.send_signal(signal.SIGSTOP)

        killed = shop.kill()
        until(lambda: lagging(shop, killed) == [(still.pid, 24)], SECONDS, why=shop.convergence)
        time.sleep(2)  # and it stays so
        assert lagging(shop, killed) == [(still.pid, 24)]
        assert shop.follow(killed)["flag"]["effective"] is False

        still.process.send_signal(signal.SIGCONT)
        until(lambda: shop.follow(killed)["flag"]["effective"], SECONDS, why=shop.convergence)
        assert lagging(shop, killed) == []

        still.kill(signal.SIGTERM)
        until(lambda: shop.convergence()["connected"] == 12, SECONDS, why=shop.convergence)
        assert still.pid not in {_pid(each) for each in shop.convergence()["reporters"]}


def everybody_has_more_than(version: int, shop: Shop) -> bool:
    document = shop.convergence()
    newest: bool = document["changes"][0]["effective"]
    return newest and document["version"] > version


def lagging(shop: Shop, killed: dict[str, Any]) -> list[tuple[int, int]]:
    """The process that lags behind the kill, and how many of its clients."""
    document = shop.follow(killed)
    if document["flag"]["version"] is None:
        return []
    return [(_pid(each), each["behind"]) for each in document["changes"][0]["lagging"]]


def _pid(reporter: dict[str, Any]) -> int:
    return int(reporter["name"].rpartition("(")[2].removesuffix(")"))
