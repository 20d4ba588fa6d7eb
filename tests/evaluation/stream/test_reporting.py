"""A control plane's process reports of the streams that it serves, and says goodbye."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async

from evaluation.delivery.reach import Reach
from evaluation.models import ConvergenceReport
from evaluation.stream import reporting as reportings
from evaluation.stream import service
from evaluation.stream.reporting import Reporting
from tenants import last_used, services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment
from tests.evaluation.conftest import MakeFlag
from tests.evaluation.stream.conftest import Open

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reportings, "SOON_SECONDS", 0.05)


async def reported(is_so: Callable[[list[Any]], bool]) -> list[Any]:
    """The rows, as soon as they are so."""
    async with asyncio.timeout(10):
        while True:
            rows: list[Any] = await database_sync_to_async(lambda: list(ConvergenceReport.objects.all()))()
            if is_so(rows):
                return rows
            await asyncio.sleep(0.05)


async def test_what_changes_is_reported_soon_and_a_goodbye_leaves_nothing(development: Environment) -> None:
    reach = Reach()
    reporting = Reporting(reach)
    reach.move(development.id, None, 41, streams=3)

    (row,) = await reported(lambda rows: bool(rows))
    assert (row.environment_id, row.is_relay, row.seen["streams"]) == (development.id, False, {"41": 3})

    reach.hear(development.id, 42)
    reach.move(development.id, 41, 42, streams=2)
    (row,) = await reported(lambda rows: rows[0].holds == 42)
    assert row.seen["streams"] == {"41": 1, "42": 2}
    assert sum(row.seen["arrivals"]["42"]["delays"].values()) == 2

    await reporting.stop()
    await reported(lambda rows: not rows)


async def test_where_nobody_is_served_any_more_nothing_is_reported(development: Environment) -> None:
    reach = Reach()
    reporting = Reporting(reach)
    reach.move(development.id, None, 41)
    await reported(lambda rows: bool(rows))

    reach.move(development.id, 41, None)

    await reported(lambda rows: not rows)
    await reporting.stop()


async def test_without_news_it_says_the_same_again(development: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reportings, "AGAIN_SECONDS", 0.2)
    reach = Reach()
    reporting = Reporting(reach)
    reach.move(development.id, None, 41)
    (first,) = await reported(lambda rows: bool(rows))

    await reported(lambda rows: rows[0].heard_at > first.heard_at)
    await reporting.stop()


async def test_an_open_stream_of_a_serving_process_is_reported(
    a_flag: MakeFlag, development: Environment, server_key: str, publish: Callable[[], int], open_stream: Open
) -> None:
    await database_sync_to_async(lambda: (a_flag("checkout", development, enabled=True), publish()))()
    await service.start()
    stream = open_stream("stream", key=server_key)
    await stream.start()
    await stream.event()

    (row,) = await reported(lambda rows: bool(rows) and bool(rows[0].seen["streams"]))

    assert row.seen["streams"] == {"1": 1}
    await stream.leave()
    await service.stop()
    await reported(lambda rows: not rows)


async def test_the_use_of_keys_is_written_by_the_clock_and_at_the_end(
    development: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reportings, "USED_SECONDS", 0.1)
    create: Any = database_sync_to_async(services.create_api_key)
    keys = [(await create(kind="server", scope=development, name="web", actor=Actor.system()))[0] for _ in range(3)]
    reporting = Reporting(Reach(), lambda: [keys[1].id])
    last_used.note(keys[0].id)

    async with asyncio.timeout(10):
        while not await ApiKey.objects.filter(pk=keys[0].pk, last_used_at__isnull=False).aexists():
            await asyncio.sleep(0.05)
    monkeypatch.setattr(reportings, "USED_SECONDS", 3600)
    await asyncio.sleep(0.2)
    last_used.note(keys[2].id)
    await reporting.stop()

    used = [row async for row in ApiKey.objects.order_by("id").values_list("last_used_at", flat=True)]
    assert [moment is not None for moment in used] == [True, True, True]
