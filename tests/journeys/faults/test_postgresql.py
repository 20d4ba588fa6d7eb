"""PostgreSQL that is silent, or killed: what was read goes on, what is written fails loudly, what was committed stays."""

import time

import httpx
import pytest

from tests.journeys.faults.clients import Asker, Crowd
from tests.journeys.faults.installation import Installation, until
from tests.journeys.faults.shop import Shop

pytestmark = pytest.mark.postgresql

CONVERGED = 30
QUICK = 0.05
# What is silent is asked again after 4 s, and given up after 2 more.
GIVEN_UP = 15


def test_a_postgresql_that_accepts_and_never_answers_holds_no_reader_up(
    installation: Installation, shop: Shop, crowd: Crowd
) -> None:
    with Asker(installation.places.url, shop.client_key, shop.flag) as asker:
        installation.before["database"].hold()
        begun = time.monotonic()
        was_confirmed = shop.try_to_switch(True)
        refused = time.monotonic() - begun
        readiness = httpx.get(f"{installation.places.url}/readyz", timeout=GIVEN_UP)
        installation.before["database"].pass_on()

        until(lambda: shop.try_to_switch(True), CONVERGED)
        until(lambda: crowd.all_see(True), CONVERGED)

    assert not was_confirmed
    assert refused < GIVEN_UP
    assert (readiness.status_code, readiness.json()["status"]) == (200, "degraded")
    assert asker.wrong == []
    assert asker.median < QUICK
    assert shop.is_on()


def test_postgresql_killed_and_back(installation: Installation, shop: Shop, crowd: Crowd) -> None:
    assert installation.postgresql
    installation.worker.start()  # who published when PostgreSQL died is not going to try again
    with (
        Asker(installation.places.url, shop.client_key, shop.flag) as asker,
        Asker(installation.relay.url, shop.client_key, shop.flag) as beside,
    ):
        shop.switch(True)  # confirmed, and perhaps not published yet
        installation.postgresql.kill()
        was_confirmed = shop.try_to_switch(False)
        installation.postgresql.start()
        until(lambda: crowd.all_see(True), CONVERGED, why=installation.control.said)
        assert shop.is_on()

        shop.switch(False)
        until(lambda: crowd.all_see(False), CONVERGED, why=installation.control.said)

    assert not was_confirmed
    assert asker.wrong == []
    assert beside.wrong == []
    assert crowd.has_never_gone_back()
