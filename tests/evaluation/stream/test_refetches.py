"""OFREP's stream: when it tells a client to ask again, and when it does not."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async

from evaluation.delivery import refetches
from evaluation.manifest import memory
from evaluation.stream import service
from evaluation.wire import tokens
from flags import services as flag_services
from flags.models import Flag
from tenants import outbox, services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey, Environment
from tests.evaluation.conftest import MakeFlag
from tests.evaluation.stream.conftest import Open, headers_of

STREAM = "/ofrep/v1/stream"


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment, client_key: str) -> Flag:
    flag = a_flag("checkout", development, enabled=True)
    outbox.drain()
    return flag


@pytest.fixture
def token(client_key: str) -> str:
    return tokens.mint(sha256_of(client_key), time.time())


@pytest.fixture
def toggle(checkout: Flag, development: Environment, system: Actor) -> Callable[[bool], Any]:
    def switch(enabled: bool) -> None:
        flag_services.toggle_flag(checkout, development, enabled=enabled, actor=system)
        outbox.drain()

    in_thread: Callable[[bool], Any] = database_sync_to_async(switch)
    return in_thread


@pytest.mark.django_db(transaction=True)
async def test_a_new_client_is_told_at_once_and_then_of_every_version(
    token: str, toggle: Any, open_stream: Open, development: Environment
) -> None:
    stream = open_stream(STREAM, f"token={token}")

    start = await stream.start()
    first = await stream.event()
    await toggle(False)
    second = await stream.event()
    held = memory.held(development.id)

    assert start["status"] == 200
    assert headers_of(start)["access-control-allow-origin"] == "*"
    assert headers_of(start)["content-type"].startswith("text/event-stream")
    assert headers_of(start)["cache-control"] == "no-cache, no-transform"
    assert held is not None
    assert second == {
        "event": "message",
        "id": str(held.version),
        "data": {
            "type": "refetchEvaluation",
            "etag": str(held.version),
            "lastModified": second["data"]["lastModified"],
        },
    }
    assert int(first["id"]) + 1 == int(second["id"])
    assert abs(time.time() - second["data"]["lastModified"]) < 60


@pytest.mark.django_db(transaction=True)
async def test_who_comes_back_with_the_newest_version_is_told_nothing(
    token: str, checkout: Flag, open_stream: Open
) -> None:
    first = open_stream(STREAM, f"token={token}")
    await first.start()
    seen = await first.event()

    again = open_stream(STREAM, f"token={token}", last_event_id=seen["id"])
    await again.start()

    assert (await again.chunk()).startswith(b"retry: ")
    assert await again.chunk() == b": \n\n"


@pytest.mark.django_db(transaction=True)
async def test_a_revoked_key_ends_its_streams_and_opens_none(
    token: str, checkout: Flag, open_stream: Open, system: Actor
) -> None:
    stream = open_stream(STREAM, f"token={token}")
    await stream.start()
    await stream.event()

    await database_sync_to_async(services.revoke_api_key)(await ApiKey.objects.aget(kind="client"), actor=system)
    said = await stream.event()
    again = await open_stream(STREAM, f"token={token}").start()

    assert (said["event"], said["data"]["reason"]) == ("bye", "key-revoked")
    assert again["status"] == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("query", ["", "token=", "token=nonsense", "token=ff_stream_0123456789abcdef_1_" + "0" * 40])
async def test_without_a_token_that_works_it_is_401(query: str, checkout: Flag, open_stream: Open) -> None:
    assert (await open_stream(STREAM, query).start())["status"] == 401


@pytest.mark.django_db(transaction=True)
async def test_many_clients_are_told_one_after_the_other_and_all_in_half_a_second(
    token: str, toggle: Any, open_stream: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refetches, "SECONDS_PER_ANSWER", 0.02)  # as if there were forty times as many
    streams = [open_stream(STREAM, f"token={token}") for _ in range(25)]
    for stream in streams:
        await stream.start()
        await stream.event()
    await toggle(False)
    begun = time.monotonic()

    async def told(stream: Any) -> float:
        await stream.event()
        return time.monotonic() - begun

    moments = sorted(await asyncio.gather(*map(told, streams)))

    assert service.hub().listeners("nobody's") == 0
    assert moments[-1] < 1
    assert moments[-1] - moments[0] > 0.2
