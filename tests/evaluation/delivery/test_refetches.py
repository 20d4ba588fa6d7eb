"""When a client of OFREP is told to ask again."""

from evaluation.delivery.held import Held
from evaluation.delivery.refetches import TICKS_BETWEEN_LOOKS, RefetchFeed
from tests.evaluation.delivery.conftest import MakeHeld, known

UNTIL_2100 = {"attribute": "now", "op": "before", "values": ["2100-01-01T00:00:00Z"]}


def test_time_alone_makes_clients_look_now_and_then_where_rules_read_the_clock(held: MakeHeld) -> None:
    sale = held(3, sale={"rules": [{"id": "r", "if": UNTIL_2100, "serve": {"variant": "off"}}]})
    plain = held(3, sale={})

    assert told_of_time(RefetchFeed(3), sale) == [TICKS_BETWEEN_LOOKS, 2 * TICKS_BETWEEN_LOOKS]
    assert told_of_time(RefetchFeed(3), plain) == []


def told_of_time(feed: RefetchFeed, held: Held) -> list[int]:
    """At which of ten heartbeats a client is told that has this version already."""
    replay = known()
    assert feed.next(held, replay) is None
    return [tick for tick in range(1, 11) if feed.tick(held, replay) is not None]
