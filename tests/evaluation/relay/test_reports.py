"""A relay tells upstream how far versions have come, by itself and by the relays behind it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from evaluation.core.canonical import canonical
from evaluation.core.manifest import read_manifest
from evaluation.delivery.held import Held
from evaluation.relay import reports as reporting
from evaluation.relay.holdings import Holdings
from evaluation.relay.passed import Passed
from evaluation.relay.questions import Question, reply_to
from evaluation.relay.reports import Reports
from evaluation.sdk.upstream import Upstream
from evaluation.wire.convergence import MOST_REPORTERS, Report, Reporter, read_report, report_bytes
from evaluation.wire.replies import Reply
from tests.evaluation.relay.said import ONE, PLACE, SECRET, a_key

RELAY = "ff_relay_" + "r" * 43

EMPTY = read_manifest(canonical(ONE))
SEEN: dict[str, Any] = {"holds": 1, "streams": {"1": 3}, "instances": {}, "arrivals": {}}


class Upstairs:
    """A server that reads reports, or answers what it is told to."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Report] = asyncio.Queue()
        self.says: list[int] = []

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.upstream = Upstream(f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}", "ff_relay_x")

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert head.startswith("POST /api/v1/sdk/relay/convergence ")
        length = next(line for line in head.splitlines() if line.lower().startswith("content-length"))
        body = await reader.readexactly(int(length.split(":")[1]))
        status = self.says.pop(0) if self.says else 204
        if status == 204:
            self.heard.put_nowait(read_report(body, now=json.loads(body)["at"]))
        writer.write(f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def next(self) -> Report:
        return await asyncio.wait_for(self.heard.get(), 10)


@pytest.fixture
async def upstairs(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Upstairs]:
    monkeypatch.setattr(reporting, "SOON_SECONDS", 0.05)
    there = Upstairs()
    await there.start()
    yield there
    await there.upstream.close()
    there.server.close()
    await there.server.wait_closed()


@pytest.fixture
async def reports(upstairs: Upstairs) -> AsyncIterator[Reports]:
    holdings = Holdings()
    holdings.set_places([PLACE])
    reports = Reports(holdings, upstairs.upstream)
    reports.start()
    yield reports
    await reports.stop()


async def test_it_begins_with_all_that_it_serves_and_goes_on_with_what_changed(
    reports: Reports, upstairs: Upstairs
) -> None:
    (first,) = (await upstairs.next()).reporters
    assert first.seen == {"e": {"holds": 0, "streams": {}, "instances": {}, "arrivals": {}}}

    reports.holdings.hub.reach.move("e", None, 1, streams=3)

    (second,) = (await upstairs.next()).reporters
    assert (second.id, second.seen["e"]["streams"]) == (first.id, {"1": 3})


async def test_what_did_not_arrive_is_said_again(reports: Reports, upstairs: Upstairs) -> None:
    await upstairs.next()
    upstairs.says = [503, 503]

    reports.holdings.hub.reach.move("e", None, 1)

    assert (await upstairs.next()).reporters[0].seen["e"]["streams"] == {"1": 1}
    assert upstairs.says == []


async def test_what_goes_wrong_ends_nothing(
    upstairs: Upstairs, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    await upstairs.next()
    monkeypatch.setattr(reports.holdings.hub.reach, "seen", {}.__getitem__)
    reports.holdings.hub.reach.move("e", None, 1)
    await asyncio.sleep(0.2)
    monkeypatch.undo()
    monkeypatch.setattr(reporting, "SOON_SECONDS", 0.05)

    reports.holdings.hub.reach.move("e", None, 1)

    assert (await upstairs.next()).reporters[0].seen["e"]["streams"] == {"1": 2}


async def test_without_news_it_says_the_same_again(
    upstairs: Upstairs, monkeypatch: pytest.MonkeyPatch, reports: Reports
) -> None:
    monkeypatch.setattr(reporting, "AGAIN_SECONDS", 0.1)

    assert (await upstairs.next()).reporters == (await upstairs.next()).reporters


async def test_of_many_environments_it_reports_in_parts(upstairs: Upstairs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "AT_ONCE", 2)
    holdings = Holdings()
    holdings.set_places([PLACE | {"id": name} for name in "abcde"])
    reports = Reports(holdings, upstairs.upstream)
    reports.start()

    parts = [sorted((await upstairs.next()).reporters[0].seen) for _ in range(3)]

    assert parts == [["a", "b"], ["c", "d"], ["e"]]
    await reports.stop()


async def test_environments_that_are_not_its_own_are_not_reported(reports: Reports, upstairs: Upstairs) -> None:
    await upstairs.next()

    reports.holdings.hub.reach.move("gone", None, 1)
    reports.holdings.hub.reach.move("e", None, 1)

    assert list((await upstairs.next()).reporters[0].seen) == ["e"]


async def test_an_environment_that_is_gone_is_forgotten(reports: Reports) -> None:
    holdings = reports.holdings
    holdings.rules["e"] = Held("e", 1, "sha256:1", b"", EMPTY)
    holdings.hub.reach.move("e", None, 1)

    holdings.set_places([])

    assert holdings.hub.reach.spreads == {}


async def test_it_says_goodbye(upstairs: Upstairs) -> None:
    reports = Reports(Holdings(), upstairs.upstream)
    reports.start()

    await reports.stop()

    assert (await upstairs.next()).gone == [reports.id]


async def test_reports_of_relays_behind_it_are_passed_on(reports: Reports, upstairs: Upstairs) -> None:
    await upstairs.next()

    reports.holdings.passed.take(Report([Reporter("below", "edge", {"e": SEEN})], ["left"]))

    passed = await upstairs.next()
    assert [(each.id, each.name, each.seen) for each in passed.reporters] == [("below", "edge", {"e": SEEN})]
    assert passed.gone == ["left"]


def post(holdings: Holdings, secret: str, environment_id: str = "e") -> Reply:
    body = report_bytes(Report([Reporter("below", "edge", {environment_id: SEEN})]), now=0.0)
    headers = {"x-api-key": secret}
    return reply_to(Question("POST", "/api/v1/sdk/relay/convergence", "", headers, body, datetime.now(UTC)), holdings)


@pytest.fixture
async def holdings() -> Holdings:
    """Two environments, a relay key for the project of one of them, and a server key."""
    holdings = Holdings()
    holdings.set_places([PLACE, PLACE | {"id": "other", "project": "bank"}])
    scope = {"kind": "relay", "environment": None, "organization": "acme", "project": "shop"}
    holdings.set_keys([a_key(), a_key(RELAY, **scope)])
    return holdings


async def test_a_relay_behind_it_tells_of_its_own_scope_alone(holdings: Holdings) -> None:
    assert (post(holdings, RELAY).status, post(holdings, RELAY, "other").status) == (204, 204)

    (passed,) = holdings.passed.hand_on().reporters
    assert list(passed.seen) == ["e"]


async def test_nobody_else_reports(holdings: Holdings) -> None:
    assert (post(holdings, SECRET).status, post(holdings, "ff_relay_" + "x" * 43).status) == (403, 401)
    assert holdings.passed.hand_on().reporters == []


def test_the_newest_of_each_relay_is_kept_until_it_can_be_passed_on() -> None:
    passed = Passed()
    passed.take(Report([Reporter("a", "edge", {"e": SEEN, "f": SEEN})]))
    passed.take(Report([Reporter("a", "edge", {"e": SEEN | {"holds": 2}}), Reporter("b", "edge", {"e": SEEN})]))
    passed.take(Report([], ["b"]))

    report = passed.hand_on()

    assert [(each.id, each.seen["e"]["holds"], each.seen["f"]["holds"]) for each in report.reporters] == [("a", 2, 1)]
    assert report.gone == ["b"]
    assert passed.hand_on() == Report([], [])


def test_no_more_relays_are_remembered_than_are_read() -> None:
    passed = Passed()
    for start in (0, 400):
        passed.take(Report([Reporter(str(start + number), "edge", {"e": SEEN}) for number in range(400)]))

    assert len(passed.hand_on().reporters) == MOST_REPORTERS


async def test_a_relay_says_which_keys_were_used_once_a_minute(reports: Reports, upstairs: Upstairs) -> None:
    reports.holdings.set_keys([a_key()])
    sha256 = next(iter(reports.holdings.keys))
    await upstairs.next()
    reports.holdings.admit(SECRET)
    reports._used_at -= 60

    async with asyncio.timeout(10):
        while not (report := await upstairs.next()).used:
            pass
    reports.holdings.uses.take({"0" * 64: 1.0})

    assert set(report.used) == {sha256}
    assert reports.holdings.said_of_keys() == {}


async def test_what_was_used_and_did_not_arrive_is_said_again(reports: Reports, upstairs: Upstairs) -> None:
    reports.holdings.set_keys([a_key()])
    await upstairs.next()
    upstairs.says = [503]
    reports.holdings.admit(SECRET)
    reports._used_at -= 60

    async with asyncio.timeout(10):
        while upstairs.says:
            await asyncio.sleep(0.01)
    reports._used_at -= 60

    async with asyncio.timeout(10):
        while not (await upstairs.next()).used:
            pass


async def test_a_relay_behind_tells_of_keys_below_its_own_alone() -> None:
    holdings, beside = Holdings(), "ff_server_" + "b" * 43
    holdings.set_places([PLACE, {**PLACE, "id": "f", "key": "staging"}])
    behind = a_key(RELAY, kind="relay", organization="acme", project="shop")
    holdings.set_keys([a_key(), a_key(beside, environment="f"), behind])
    used = {each["sha256"]: 1_000.0 for each in (a_key(), a_key(beside))} | {"0" * 64: 1_000.0}
    body = report_bytes(Report([], used=used), now=1_000.0)
    asked = Question("POST", "/api/v1/sdk/relay/convergence", "", {"x-api-key": RELAY}, body, datetime.now(UTC))

    assert reply_to(asked, holdings).status == 204
    assert set(holdings.said_of_keys()) == {a_key()["sha256"], behind["sha256"]}
