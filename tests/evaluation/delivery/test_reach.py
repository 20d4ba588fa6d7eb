"""How far versions have come: every stream is counted once, at what was last written to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from evaluation.core.context import context_from
from evaluation.delivery import reach as reaches
from evaluation.delivery.callers import Caller
from evaluation.delivery.held import Held, HeldKey
from evaluation.delivery.hub import Hub
from evaluation.delivery.reach import KEPT_VERSIONS, Reach
from evaluation.delivery.streams import Source, first_news, messages
from evaluation.wire.delays import seconds_of
from tests.evaluation.delivery.conftest import MakeHeld, unproven


def streams(reach: Reach, environment_id: str = "e") -> dict[str, int]:
    counts: dict[str, int] = reach.seen(environment_id)["streams"]
    return counts


def test_streams_are_counted_at_the_version_that_they_have() -> None:
    reach = Reach()

    reach.move("e", None, 41, streams=3)
    reach.move("e", 41, 42)
    reach.move("e", 41, None)

    assert streams(reach) == {"41": 1, "42": 1}


def test_an_empty_version_is_not_kept() -> None:
    reach = Reach()

    for version in range(100):
        reach.move("e", version or None, version + 1)
    reach.move("e", 100, None)

    assert streams(reach) == {}


def test_what_streams_took_is_counted_from_when_the_version_was_heard_of() -> None:
    now = 1_000.0
    reach = Reach(lambda: now)
    reach.move("e", None, 41, streams=10)
    reach.hear("e", 42)

    now += 0.25
    reach.move("e", 41, 42, streams=9)

    ((bucket, count),) = reach.seen("e")["arrivals"]["42"]["delays"].items()
    assert seconds_of(int(bucket)) == pytest.approx(0.25, rel=0.1)
    assert count == 9


def test_what_a_stream_begins_with_is_no_arrival() -> None:
    reach = Reach()
    reach.hear("e", 42)

    reach.move("e", None, 42)

    assert reach.seen("e") == {"holds": 42, "streams": {"42": 1}, "instances": {}, "arrivals": {}}


def test_only_the_newest_versions_are_timed() -> None:
    reach = Reach()

    for version in range(1, 30):
        reach.hear("e", version)
        reach.move("e", 0, version)

    assert list(reach.seen("e")["arrivals"]) == [str(version) for version in range(30 - KEPT_VERSIONS, 30)]


def test_an_older_version_heard_late_changes_nothing() -> None:
    reach = Reach()
    reach.hear("e", 42)
    reach.changed.clear()

    reach.hear("e", 41)
    reach.hear("e", 42)

    assert (reach.seen("e")["holds"], reach.changed) == (42, set())


def test_an_instance_that_only_tells_is_counted_once_and_forgotten_when_it_is_silent() -> None:
    now = 1_000.0
    reach = Reach(lambda: now)
    reach.note("e", "web-1", 41)
    reach.note("e", "web-2", 41)
    now += reaches.INSTANCE_SECONDS - 1
    reach.note("e", "web-1", 42)

    assert reach.seen("e")["instances"] == {"41": 1, "42": 1}
    now += 2
    assert reach.seen("e")["instances"] == {"42": 1}


def test_instances_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaches, "MOST_INSTANCES", 3)
    reach = Reach()

    for number in range(9):
        reach.note("e", f"web-{number}", number)

    assert reach.seen("e")["instances"] == {"6": 1, "7": 1, "8": 1}


class Newest:
    """What a process serves."""

    def __init__(self, held: Held) -> None:
        self.held = held

    async def rules(self, environment_id: str) -> Held:
        return self.held


@pytest.fixture
async def source(held: MakeHeld) -> AsyncIterator[tuple[Newest, Source]]:
    newest, hub = Newest(held(1)), Hub(unproven)
    yield newest, Source(hub, newest.rules, 5.0)
    hub.stop()


def caller(since: int | None = None) -> Caller:
    key = HeldKey("k", "0" * 64, "server", "o", "p", "e1", "production", None)
    return Caller(key, True, context_from({}), since, 1.0)


async def test_a_stream_counts_from_what_was_written_to_it_until_it_closes(
    source: tuple[Newest, Source], held: MakeHeld
) -> None:
    newest, from_here = source
    reach = from_here.hub.reach
    async with aclosing(messages(caller(), caller().feed(None), from_here)) as stream:
        await anext(stream)
        assert streams(reach, "e1") == {}  # the door has it, and has not written it yet

        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.01)
        assert streams(reach, "e1") == {"1": 1}

        newest.held = held(2)
        from_here.hub.hear(newest.held)
        await waiting
        assert streams(reach, "e1") == {"1": 1}
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.01)
        assert streams(reach, "e1") == {"2": 1}
        assert sum(reach.seen("e1")["arrivals"]["2"]["delays"].values()) == 1
        waiting.cancel()
        await asyncio.wait([waiting])

    assert streams(reach, "e1") == {}


async def test_a_poll_that_waits_counts_while_it_waits(source: tuple[Newest, Source]) -> None:
    _, from_here = source
    polling = asyncio.ensure_future(first_news(caller(since=1), from_here))
    await asyncio.sleep(0.01)

    assert streams(from_here.hub.reach, "e1") == {"1": 1}
    polling.cancel()
    await asyncio.wait([polling])
    assert streams(from_here.hub.reach, "e1") == {}
