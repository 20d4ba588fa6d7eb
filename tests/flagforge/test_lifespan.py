import logging
from collections.abc import Awaitable, Callable

import pytest

from flagforge.bodies import Message
from flagforge.lifespan import Lifespan

Hook = Callable[[], Awaitable[None]]


def hook(name: str, told: list[str]) -> Hook:
    async def run() -> None:
        told.append(name)

    return run


async def fail() -> None:
    raise RuntimeError("the hub is out of order")


async def lived(lifespan: Lifespan) -> list[Message]:
    """What a server hears that starts and then stops."""
    heard: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.shutdown" if heard else "lifespan.startup"}

    async def send(message: Message) -> None:
        heard.append(message)

    await lifespan({"type": "lifespan"}, receive, send)
    return heard


async def test_starts_run_in_order_and_then_the_stops() -> None:
    told: list[str] = []
    lifespan = Lifespan(starts=[hook("a", told), hook("b", told)], stops=[hook("c", told), hook("d", told)])

    heard = await lived(lifespan)

    assert told == ["a", "b", "c", "d"]
    assert [message["type"] for message in heard] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_start_that_fails_keeps_the_server_down(caplog: pytest.LogCaptureFixture) -> None:
    heard = await lived(Lifespan(starts=[fail], stops=[]))

    assert [(message["type"], message["message"]) for message in heard] == [
        ("lifespan.startup.failed", "the hub is out of order")
    ]
    assert caplog.records[-1].exc_info is not None


async def test_a_stop_that_fails_is_logged_and_the_others_still_run(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    heard = await lived(Lifespan(starts=[], stops=[fail, hook("b", told)]))

    assert told == ["b"]
    assert heard[-1]["type"] == "lifespan.shutdown.complete"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
