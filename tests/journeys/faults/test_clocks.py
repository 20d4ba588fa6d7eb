"""A relay whose clock is wrong: by less than an hour it does no harm; by more nothing new is believed, and the old served on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.faults.clients import Asker
from tests.journeys.faults.conftest import serves
from tests.journeys.faults.installation import SECONDS, Installation, Running, until
from tests.journeys.faults.shop import Shop

StartRelay = Callable[..., Running]
LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)

pytestmark = pytest.mark.skipif(LIBRARY is None, reason="needs libfaketime; script/test gets it")


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """What it holds is how wrong the clock goes: `+50m`."""
    file = tmp_path / "clock"
    file.write_text("+0")
    return file


@pytest.fixture
def relay(start_relay: StartRelay, clock: Path, shop: Shop) -> Running:
    """One whose clock can be set while it runs; what it measures by counting on stays right."""
    started = start_relay(
        LD_PRELOAD=str(LIBRARY),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    until(lambda: serves(started, shop, False), SECONDS, why=started.said)
    return started


@pytest.mark.parametrize("skew", ["+50m", "-50m"])
def test_a_clock_that_is_wrong_by_less_than_an_hour_does_no_harm(
    relay: Running, clock: Path, shop: Shop, skew: str
) -> None:
    clock.write_text(skew)

    shop.switch(True)

    until(lambda: serves(relay, shop, True), SECONDS, why=relay.said)
    assert relay.refused() == 0


def test_a_clock_that_is_three_hours_fast_believes_nothing_new_and_heals(
    relay: Running, clock: Path, shop: Shop, installation: Installation
) -> None:
    with Asker(relay.url, shop.client_key, shop.flag) as asker:
        clock.write_text("+3h")
        shop.switch(True)
        until(lambda: relay.refused("expired") > 0, SECONDS, why=relay.said)
        trouble = relay.status()["upstream"]["trouble"]
        assert serves(relay, shop, False)

        clock.write_text("+0")
        until(lambda: serves(relay, shop, True), SECONDS, why=relay.said)

    assert "Expired" in trouble
    assert asker.wrong == []
