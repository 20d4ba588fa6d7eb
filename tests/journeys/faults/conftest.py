"""One installation for all drills of a run, whole again before each; and for each drill an environment of its own.

On SQLite it stands alone; on PostgreSQL and Redis it has both of its own, since a drill may kill them.
"""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings

from tests.journeys.faults.clients import Crowd, PollListener, SocketListener, SseListener
from tests.journeys.faults.installation import SECONDS, Installation, Running, until
from tests.journeys.faults.shop import Shop

# Each of the thousands of questions would be a line above a failure.
logging.getLogger("httpx").setLevel(logging.WARNING)
NUMBERS = count(1)
# A drill starts and kills servers; how long that takes says more of what else the machine does than of them.
DRILL_SECONDS = 300


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest shows all that it collected, of other folders too."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(DRILL_SECONDS))


@pytest.fixture(scope="session")
def whole(lay_migrated: Callable[[Path], None]) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="flagforge-faults-") as name:
        os.chmod(name, 0o711)  # noqa: S103  (PostgreSQL's user passes through to its own folder in it)
        has_servers = not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
        if not has_servers:
            lay_migrated(Path(name) / "data/flagforge.sqlite3")
        made = Installation(Path(name), has_servers=has_servers)
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def installation(whole: Installation) -> Iterator[Installation]:
    whole.heal()
    yield whole
    whole.heal()


@pytest.fixture
def shop(installation: Installation) -> Iterator[Shop]:
    """An environment that control plane and relay serve already."""
    made = Shop(installation, f"shop-{next(NUMBERS)}")
    until(lambda: serves(installation.control, made, False), SECONDS, why=installation.control.said)
    until(lambda: serves(installation.relay, made, False), SECONDS, why=installation.relay.said)
    yield made
    made.close()


@pytest.fixture
def crowd(installation: Installation, shop: Shop) -> Iterator[Crowd]:
    """Everybody who listens: at the control plane and at the relay, by each way."""
    where = (installation.places.url, installation.relay.url)
    ways = (SseListener, SocketListener, PollListener)
    with Crowd(*(way(url, shop.client_key, shop.flag) for url in where for way in ways)) as everybody:
        until(lambda: everybody.all_see(False), SECONDS)
        yield everybody


@pytest.fixture
def start_relay(installation: Installation) -> Iterator[Callable[..., Running]]:
    """Further relays, each with a store of its own; all are ended with the drill."""
    started: list[Running] = []

    def start(*options: str, **environment: str) -> Running:
        relay = installation.a_relay(f"relay-{next(NUMBERS)}", *options, **environment)
        started.append(relay)
        relay.start_and_wait()
        return relay

    yield start
    for relay in started:
        if relay.is_running:
            relay.kill()


@pytest.fixture
def another_control(installation: Installation) -> Iterator[Running]:
    """A second control plane on the same data, which has not served anything yet."""
    second = installation.another_control(f"control-{next(NUMBERS)}")
    second.start_and_wait()
    yield second
    if second.is_running:
        second.kill()


def serves(program: Running, shop: Shop, value: bool) -> bool:
    answer = program.ask(f"/api/v1/sdk/flags/{shop.flag}", shop.server_key)
    return answer.status_code == 200 and answer.json()["value"] is value
