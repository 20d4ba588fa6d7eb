"""The very commands of the images at work together: pages, questions and streams over one domain, and one of two killed."""

import signal
from collections.abc import Iterator
from itertools import count

import pytest

from tests.deploy.installation import Behind
from tests.journeys.faults.clients import Asker, Crowd, PollListener, SocketListener, SseListener
from tests.journeys.faults.installation import SECONDS, until
from tests.journeys.faults.shop import Shop

NUMBERS = count(1)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def shop(behind: Behind) -> Iterator[Shop]:
    """One that both relays serve already."""
    made = behind.shop(f"shop-{next(NUMBERS)}")
    behind.wait_until_relays_serve(made)
    yield made
    made.close()


def test_pages_and_programs_are_served_over_one_domain(behind: Behind, shop: Shop) -> None:
    keys = {"X-API-Key": shop.server_key}
    with behind.nginx.client(headers={"Connection": "close"}) as http:
        pages = {
            path: http.get(path).status_code
            for path in ("/about/", "/demo/", "/docs/", "/api/docs/", "/accounts/login/")
        }
        asked = http.get("/api/v1/sdk/flags?targetingKey=alice", headers=keys)
        hsts = {
            http.get(path, headers=keys).headers["Strict-Transport-Security"]
            for path in ("/about/", "/api/v1/sdk/flags")
        }

    assert pages == dict.fromkeys(pages, 200)
    assert asked.json()["flags"][shop.flag]["value"] is False
    assert hsts == {"max-age=31536000; includeSubDomains; preload"}


def test_a_change_arrives_through_nginx_by_every_way(behind: Behind, shop: Shop) -> None:
    ways = (SseListener, SocketListener, PollListener)
    with Crowd(*(way(behind.nginx.url, shop.client_key, shop.flag) for way in ways)) as everybody:
        until(lambda: everybody.all_see(False), SECONDS, why=lambda: [one.trouble for one in everybody.listeners])
        took = []
        for value in (True, False, True):
            shop.switch(value)
            took.append(until(lambda value=value: everybody.all_see(value), SECONDS))  # type: ignore[misc]

    assert min(took) < 1  # the others say what else the machine does
    assert all(listener.connections <= 4 for listener in everybody.listeners if not isinstance(listener, PollListener))


@pytest.mark.parametrize("part", ["relay", "stream"])
def test_one_of_two_killed_loses_no_question_and_no_listener(part: str, behind: Behind, shop: Shop) -> None:
    victim = behind.second[part]
    listener = SseListener(behind.nginx.url, shop.client_key, shop.flag)
    with Crowd(listener) as crowd, Asker(behind.nginx.url, shop.client_key, shop.flag, pause=0.01) as asker:
        until(lambda: crowd.all_see(False) and len(asker.took) > 20, SECONDS)
        victim.kill(signal.SIGKILL)
        shop.switch(True)
        until(lambda: crowd.all_see(True) and asker.values[-1] is True, SECONDS)
        victim.start()
        behind.composed.ready(part, victim)

    assert asker.wrong == []
    assert len(asker.took) > 50
