"""A thousand quick changes of one flag: whoever listens, wherever and by whatever way, ends at the last of them."""

import pytest

from tests.journeys.faults.clients import Crowd
from tests.journeys.faults.installation import SECONDS, Installation, until
from tests.journeys.faults.shop import Shop


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_thousand_rapid_toggles_end_in_the_final_state(installation: Installation, shop: Shop, crowd: Crowd) -> None:
    for number in range(1001):
        shop.switch(number % 2 == 0)

    until(lambda: crowd.all_see(True), SECONDS, why=installation.relay.said)

    newest = shop.version()
    until(lambda: all(listener.version == newest for listener in crowd.listeners), SECONDS)
    assert crowd.all_see(True)
    assert crowd.has_never_gone_back()
    assert shop.is_on()
