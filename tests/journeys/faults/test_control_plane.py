"""The control plane is killed: whoever asks a relay notices nothing, and hears of everything once it is back."""

import os
import subprocess
import sys
import time

import pytest

from tests.journeys.faults.clients import Asker, Crowd
from tests.journeys.faults.installation import SECONDS, Installation, Running, until
from tests.journeys.faults.shop import Shop, kept


def kill_and_wait_until_noticed(installation: Installation) -> None:
    installation.control.kill()
    until(lambda: installation.relay.status()["status"] == "degraded", SECONDS, why=installation.relay.said)


def test_control_plane_killed_and_back(installation: Installation, shop: Shop, crowd: Crowd) -> None:
    with Asker(installation.relay.url, shop.client_key, shop.flag) as asker:
        kill_and_wait_until_noticed(installation)
        probes = {installation.relay.ask(path).status_code for path in ("/livez", "/readyz")}
        installation.control.start_and_wait()
        shop.switch(True)
        until(lambda: crowd.all_see(True), SECONDS, why=installation.relay.said)

    assert probes == {200}
    assert asker.wrong == []
    assert crowd.has_never_gone_back()
    assert shop.is_on()


@pytest.mark.slow
def test_control_plane_away_for_a_minute(installation: Installation, shop: Shop, crowd: Crowd) -> None:
    with Asker(installation.relay.url, shop.client_key, shop.flag, pause=0.1) as asker:
        kill_and_wait_until_noticed(installation)
        _switch_from_a_terminal(installation, shop)  # while nobody serves: only the database has it
        time.sleep(60)
        installation.control.start_and_wait()
        until(lambda: crowd.all_see(True), SECONDS, why=installation.relay.said)

    assert asker.wrong == []
    assert shop.is_on()


def test_relay_killed_and_back(installation: Installation, shop: Shop, crowd: Crowd) -> None:
    store = installation.store_of(installation.relay.name)
    until(lambda: kept(store, shop) == shop.version(), SECONDS, why=installation.relay.said)
    with Asker(installation.places.url, shop.client_key, shop.flag) as asker:
        installation.relay.kill()
        shop.switch(True)
        installation.relay.start_and_wait()
        until(lambda: crowd.all_see(True), SECONDS, why=installation.relay.said)

    assert asker.wrong == []
    assert crowd.has_never_gone_back()


@pytest.mark.postgresql
@pytest.mark.slow
def test_one_of_two_control_planes_killed(
    installation: Installation, shop: Shop, crowd: Crowd, another_control: Running
) -> None:
    """What is committed at the one that lives reaches the clients of the other as soon as that is back."""
    installation.control.kill()
    shop.switch(True, at=another_control.url)
    installation.control.start_and_wait()

    until(lambda: crowd.all_see(True), SECONDS, why=installation.relay.said)
    assert shop.is_on()


def _switch_from_a_terminal(installation: Installation, shop: Shop) -> None:
    words = ["manage.py", "toggle", f"acme/shop/{shop.name}", shop.flag, "on"]
    subprocess.run([sys.executable, *words], env={**os.environ, **installation.environment}, check=True)
