"""A relay takes telemetry, keeps it within bounds while upstream is away, and passes it on in order."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evaluation.relay.application import Relay
from evaluation.relay.batches import Batches, Waiting
from evaluation.relay.forwarder import Forwarder
from evaluation.relay.questions import Question, reply_to
from evaluation.relay.spool import Spool
from evaluation.sdk.upstream import Upstream
from evaluation.wire.replies import Reply
from evaluation.wire.telemetry import read_batch
from tests.evaluation.relay.conftest import Served, asking
from tests.evaluation.relay.said import PLACE, SECRET, a_key
from tests.evaluation.relay.test_application import CLIENT, tell

AT = "2026-11-21T10:00:00Z"


def batch(name: str) -> bytes:
    return json.dumps({"batch": name, "sdk": {"name": "x"}, "from": AT, "to": AT}).encode()


def waiting(name: str) -> Waiting:
    return Waiting("e", "server", batch(name))


class Upstairs:
    """A server that takes batches, or answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.asked: list[str] = []
        self.says: list[int] = []

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        port = self.server.sockets[0].getsockname()[1]
        self.upstream = Upstream(f"http://127.0.0.1:{port}", "ff_relay_x")

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.splitlines() if line.lower().startswith("content-length"))
        body = await reader.readexactly(int(length.split(":")[1]))
        self.asked.append(head.split(" ")[1])
        status = self.says.pop(0) if self.says else 202
        if status == 202:
            self.taken.append(json.loads(body)["batch"])
        writer.write(f"HTTP/1.1 {status} So\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode())
        await writer.drain()
        writer.close()

    async def stop(self) -> None:
        self.server.close()
        await self.server.wait_closed()


@pytest.fixture
async def upstairs() -> AsyncIterator[Upstairs]:
    there = Upstairs()
    await there.start()
    yield there
    await there.stop()


@pytest.fixture
async def forwarder(upstairs: Upstairs) -> AsyncIterator[Forwarder]:
    forwarder = Forwarder(Batches(), upstairs.upstream)
    forwarder.start()
    yield forwarder
    await forwarder.stop()


async def until_sent(batches: Batches, count: int) -> None:
    async with asyncio.timeout(10):
        while batches.sent < count:
            await asyncio.sleep(0.01)


async def test_batches_go_upstream_in_order_each_with_what_it_is_about(
    forwarder: Forwarder, upstairs: Upstairs
) -> None:
    for name in "abc":
        assert forwarder.batches.put(waiting(name))

    await until_sent(forwarder.batches, 3)

    assert upstairs.taken == ["a", "b", "c"]
    assert set(upstairs.asked) == {"/api/v1/sdk/events?environment=e&kind=server"}
    assert forwarder.batches.counts() == {"queued": 0, "bytes": 0, "sent": 3, "refused": 0, "dropped": 0}


@pytest.mark.parametrize("status", [500, 503, 429, 401])
async def test_what_upstream_cannot_take_now_is_sent_again_before_all_others(
    status: int, forwarder: Forwarder, upstairs: Upstairs
) -> None:
    upstairs.says = [status, status]
    for name in "ab":
        forwarder.batches.put(waiting(name))

    await until_sent(forwarder.batches, 2)

    assert upstairs.taken == ["a", "b"]


async def test_what_upstream_will_never_take_holds_up_no_other(forwarder: Forwarder, upstairs: Upstairs) -> None:
    upstairs.says = [404]
    for name in "ab":
        forwarder.batches.put(waiting(name))

    await until_sent(forwarder.batches, 1)

    assert upstairs.taken == ["b"]
    assert forwarder.batches.refused == 1


async def test_what_is_left_when_a_relay_stops_is_still_sent(upstairs: Upstairs) -> None:
    forwarder = Forwarder(Batches(), upstairs.upstream)
    forwarder.start()
    for name in "abc":
        forwarder.batches.put(waiting(name))

    await forwarder.stop()

    assert upstairs.taken == ["a", "b", "c"]
    assert not forwarder.batches.put(waiting("late"))


async def test_without_upstream_the_rest_lies_on_disk_for_the_next_start(tmp_path: Path, upstairs: Upstairs) -> None:
    nowhere = Upstream("http://127.0.0.1:9", "ff_relay_x")
    first = Forwarder(Batches(), nowhere, Spool(tmp_path / "store"))
    first.start()
    for name in "ab":
        first.batches.put(waiting(name))
    await first.stop()
    (file,) = (tmp_path / "store").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600

    second = Forwarder(Batches(), upstairs.upstream, Spool(tmp_path / "store"))
    second.start()
    await until_sent(second.batches, 2)
    await second.stop()

    assert upstairs.taken == ["a", "b"]
    assert not list((tmp_path / "store").iterdir())


async def test_without_upstream_and_without_a_folder_the_rest_is_counted_as_dropped() -> None:
    forwarder = Forwarder(Batches(), Upstream("http://127.0.0.1:9", "ff_relay_x"))
    forwarder.start()
    forwarder.batches.put(waiting("a"))

    await forwarder.stop()

    assert forwarder.batches.dropped == 1


def test_a_damaged_line_on_disk_costs_that_line(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert spool.keep([waiting("a"), waiting("b")])
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"{torn\n[]\n" + file.read_bytes())

    assert list(spool.take()) == [waiting("a"), waiting("b")]
    assert list(spool.take()) == []


def test_a_folder_that_cannot_be_written_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    assert not Spool(tmp_path / "file").keep([waiting("a")])


@pytest.mark.parametrize("bounds", [{"most": 2}, {"most_bytes": 2 * len(batch("a"))}])
async def test_beyond_the_bounds_nothing_is_taken_and_everything_counted(bounds: dict[str, int]) -> None:
    batches = Batches(**bounds)

    assert [batches.put(waiting(name)) for name in "abc"] == [True, True, False]
    assert batches.dropped == 1
    batches.remove_first(was_taken=True)
    assert batches.put(waiting("d"))


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    """One that knows keys, and has no rules yet: telemetry needs none."""
    relay = Relay(Upstream("http://127.0.0.1:9", "ff_relay_x"))
    await relay.start()
    await tell(relay, "environments", [PLACE])
    await tell(relay, "keys", [a_key(), a_key(CLIENT, kind="client")])
    yield relay
    relay.holdings.batches = Batches()
    await relay.stop()


def post(relay: Relay, *, key: str = SECRET, query: str = "", body: bytes = b"") -> Reply:
    headers = {"x-api-key": key} if key else {}
    question = Question("POST", "/api/v1/sdk/events", query, headers, body or batch("a"), datetime.now(UTC))
    return reply_to(question, relay.holdings)


async def test_a_batch_is_answered_at_once_and_kept_as_it_came(relay: Relay) -> None:
    assert post(relay).status == 202
    assert relay.holdings.batches.rest() == [Waiting("e", "server", batch("a"))]


async def test_a_client_key_may_come_in_the_address_and_no_other(relay: Relay) -> None:
    assert post(relay, key="", query=f"key={CLIENT}").status == 202
    assert post(relay, key="", query=f"key={SECRET}").status == 403
    assert [each.kind for each in relay.holdings.batches.rest()] == ["client"]


def test_over_a_real_connection_a_page_that_is_left_is_heard_too(served: Served) -> None:
    for said in (
        asking(f"/api/v1/sdk/events?key={CLIENT}", method="POST", body=batch("a"), key=""),
        asking("/api/v1/sdk/events", method="POST", body=batch("b"), content_type="text/plain"),
    ):
        with served.connect() as connection:
            connection.sendall(said)
            assert b" 202 " in connection.recv(65_536).split(b"\r\n")[0]

    assert [each.kind for each in served.relay.holdings.batches.rest()] == ["client", "server"]


async def test_what_is_refused_is_not_passed_on(relay: Relay) -> None:
    assert post(relay, key="").status == 401
    assert post(relay, body=b"{}").status == 400
    assert not len(relay.holdings.batches)


async def test_while_all_is_full_the_sender_keeps_its_batch(relay: Relay) -> None:
    relay.holdings.batches.most = 0

    refused = post(relay)

    assert refused.status == 503
    assert dict(refused.headers)["Retry-After"] == "5"
    assert relay.holdings.batches.dropped == 1


def exposing(name: str, *subjects: str) -> bytes:
    told = [{"flag": "trial", "variant": "on", "subject": subject, "at": AT} for subject in subjects]
    count = {"flag": "trial", "variant": "on", "reason": "SPLIT", "n": 9}
    document = {"batch": name, "sdk": {"name": "x"}, "from": AT, "to": AT, "counts": [count], "exposures": told}
    return json.dumps(document).encode()


def passed_on(relay: Relay) -> list[tuple[str, list[str]]]:
    """The batches that wait, each with the subjects that it names."""
    found = [json.loads(each.body) for each in relay.holdings.batches.rest()]
    assert all(read_batch(json.dumps(each).encode()).rejected == () for each in found)
    return [(each["batch"], [exposure["subject"] for exposure in each["exposures"]]) for each in found]


async def test_who_met_a_variant_by_several_applications_is_passed_on_once(relay: Relay) -> None:
    for body in (exposing("a", "alice", "bob"), exposing("b", "bob", "carol"), exposing("c", "alice")):
        assert post(relay, body=body).body == b'{"accepted":%d,"rejected":[]}' % (1 + body.count(b"subject"))

    assert passed_on(relay) == [("a", ["alice", "bob"]), ("b", ["carol"]), ("c", [])]
    counts = [json.loads(each.body)["counts"][0]["n"] for each in relay.holdings.batches.rest()]
    assert counts == [9, 9, 9]


async def test_who_met_a_variant_by_another_rule_is_passed_on_too(relay: Relay) -> None:
    by_rule = exposing("b", "alice").replace(b'"subject"', b'"rule": "r1", "subject"')
    for body in (exposing("a", "alice"), by_rule, by_rule.replace(b'"b"', b'"c"')):
        post(relay, body=body)

    assert passed_on(relay) == [("a", ["alice"]), ("b", ["alice"]), ("c", [])]
    assert [json.loads(each.body)["exposures"] for each in relay.holdings.batches.rest()][1][0]["rule"] == "r1"


async def test_what_is_told_with_a_client_key_hides_nobody_from_what_servers_tell(relay: Relay) -> None:
    post(relay, key=CLIENT, body=exposing("a", "alice"))
    post(relay, body=exposing("b", "alice"))

    assert passed_on(relay) == [("a", ["alice"]), ("b", ["alice"])]


async def test_who_was_in_a_batch_that_found_no_room_is_still_to_be_told(relay: Relay) -> None:
    relay.holdings.batches.most = 0
    assert post(relay, body=exposing("a", "alice")).status == 503
    relay.holdings.batches.most = 9

    assert post(relay, body=exposing("a", "alice")).status == 202

    assert passed_on(relay) == [("a", ["alice"])]
