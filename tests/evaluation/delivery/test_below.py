"""What a relay is told of everything below its key, and in which order."""

import asyncio

from evaluation.delivery.below import Below, Downstream, Origin
from evaluation.delivery.held import Held, HeldKey
from evaluation.delivery.hub import Hub
from tests.evaluation.delivery.conftest import MakeHeld, unproven

KEY = HeldKey("r", "f" * 64, "relay", "o1", "", "", "", None)
ENVIRONMENT = {"id": "e1", "organization": "acme", "project": "shop", "key": "production", "version": 1}


def test_a_change_does_not_wait_until_it_is_known_what_else_there_is(held: MakeHeld) -> None:
    first, second = held(1, checkout={}), held(2, checkout={"enabled": False})

    async def told() -> bytes:
        newest, answered = [first], asyncio.Event()
        answered.set()

        async def look(key: HeldKey) -> Below | None:
            await answered.wait()
            return Below({"e1": ENVIRONMENT}, {})

        async def rules(environment_id: str) -> Held | None:
            return newest[0]

        hub = Hub(unproven)
        events = Downstream(KEY, {}, Origin(hub, look, rules, 15.0)).events()
        begin = b"".join([await anext(events) for _ in range(4)])
        assert b"event: put" in begin
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.05)
        answered.clear()
        newest[0] = second
        hub.hear(second)
        try:
            return await asyncio.wait_for(waiting, 10)
        finally:
            await events.aclose()

    assert b'"to":2' in asyncio.run(told())
