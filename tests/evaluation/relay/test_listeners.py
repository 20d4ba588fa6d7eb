"""Streams over real sockets: what a client hears, who is slow, and what ends a stream."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evaluation.core.delta import diff
from evaluation.relay import listeners, streams
from evaluation.relay.connections import Connection
from evaluation.relay.holdings import Holdings
from evaluation.relay.quick import QuickConnection
from evaluation.wire.frames import Message
from tenants.keys import sha256_of
from tests.evaluation.delivery.conftest import FLAG
from tests.evaluation.relay.conftest import CLIENT, Serve, Served, asking, rest_of
from tests.evaluation.relay.said import ONE, SECRET, TWO, a_key, proven, put
from tests.evaluation.wire.test_trust import manifest

STREAM = "/api/v1/sdk/stream"


class Stream:
    """A client of a stream, which reads when it is asked to."""

    def __init__(self, served: Served, query: str = "", *, key: str = SECRET, last_event_id: str = "") -> None:
        self.socket = served.connect()
        self.socket.sendall(asking(STREAM + query, key=key, last_event_id=last_event_id))
        self.lines = self._lines()

    def _lines(self) -> Iterator[bytes]:
        """With their ends, until the other side closes."""
        waiting = b""
        while chunk := self.socket.recv(1_000_000):
            *whole, waiting = (waiting + chunk).split(b"\n")
            yield from (line + b"\n" for line in whole)

    def head(self) -> list[str]:
        return [line.decode().strip() for line in itertools.takewhile(lambda line: line != b"\r\n", self.lines)]

    def next(self) -> tuple[str, Any]:
        """The next event, by its name and its data."""
        name = ""
        for line in self.lines:
            field, _, value = line.decode().strip().partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                return name, json.loads(value)
        return "closed", None


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def change(served: Served) -> None:
    served.tell("delta", {**diff(ONE, TWO), **proven(TWO)})


def test_a_stream_looks_the_same_on_both_ways(serve: Serve) -> None:
    quickly, through_asgi = (Stream(serve(http), f"?key={CLIENT}", key="") for http in (QuickConnection, Connection))

    heads = [[line for line in each.head() if not line.startswith("date")] for each in (quickly, through_asgi)]
    frames = [[next(each.lines) for _ in range(9)] for each in (quickly, through_asgi)]

    assert heads[0] == heads[1]
    assert frames[0] == frames[1]


def test_a_listener_hears_the_state_and_then_the_change(served: Served) -> None:
    stream = Stream(served)
    first = stream.next()

    change(served)

    assert (first[0], first[1]["version"]) == ("put", 1)
    assert (stream.next()[1]["to"], served.relay.streams.open) == (2, 1)


def test_many_listeners_are_told_the_same(served: Served) -> None:
    clients = [Stream(served, f"?targetingKey=user-{number}", key=CLIENT) for number in range(100)]
    firsts = {client.next()[0] for client in clients}

    change(served)

    assert firsts == {"put"}
    assert {(name, told["to"]) for name, told in (client.next() for client in clients)} == {("delta", 2)}
    until(lambda: served.relay.holdings.hub.reach.seen("e")["streams"] == {"2": 100})


@pytest.mark.parametrize(("last", "heard"), [("1", "delta"), ("0", "put"), ("999999", "put"), ("x" * 500, "put")])
def test_who_comes_back_is_told_what_changed_or_everything(last: str, heard: str, served: Served) -> None:
    change(served)

    assert Stream(served, last_event_id=last).next()[0] == heard


def test_who_has_the_newest_already_hears_the_next(served: Served) -> None:
    stream = Stream(served, last_event_id="1")
    until(lambda: served.relay.streams.open == 1)

    change(served)

    assert stream.next()[0] == "delta"


@pytest.mark.parametrize(
    ("query", "key", "status"),
    [("", "", 401), ("", "nobody", 401), (f"?key={SECRET}", "", 403), ("?context=%7B", CLIENT, 400)],
)
def test_who_is_refused_may_ask_again_on_the_same_connection(query: str, key: str, status: int, served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(asking(STREAM + query, key=key) + asking("/livez", connection="close"))

        answers = rest_of(connection)

    assert answers.startswith(b"HTTP/1.1 %d " % status)
    assert answers.count(b"HTTP/1.1 ") == 2


def test_what_a_listener_says_is_ignored(served: Served) -> None:
    stream = Stream(served)
    stream.socket.sendall(asking("/livez") * 100 + b"nonsense")
    stream.next()

    change(served)

    assert stream.next()[0] == "delta"


def test_requests_behind_a_stream_in_one_packet_are_ignored(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(asking(STREAM) + asking("/livez") + asking(STREAM, method="POST", body=b"{}"))
        until(lambda: served.relay.streams.open == 1)
        change(served)
        served.tell("keys", {"added": [], "removed": [sha256_of(SECRET)]})

        assert rest_of(connection).count(b"HTTP/1.1 ") == 1
    assert Connection.heads_bytes == 0


@pytest.mark.parametrize("keys", [[], {"added": [], "removed": [sha256_of(SECRET)]}])
def test_a_revoked_key_loses_its_listeners_and_others_stay(keys: Any, served: Served) -> None:
    if isinstance(keys, list):
        keys = [a_key(CLIENT, kind="client")]
    ended, other = Stream(served), Stream(served, key=CLIENT)
    for each in (ended, other):
        each.next()

    served.tell("keys", keys)

    assert ended.next() == ("bye", {"reason": "key-revoked", "retry_ms": pytest.approx(1750, abs=1250)})
    assert ended.next()[0] == "closed"
    until(lambda: served.relay.streams.open == 1)
    change(served)
    assert other.next()[0] == "delta"


def test_a_server_that_stops_sends_its_listeners_away(serve: Serve) -> None:
    served = serve()
    clients = [Stream(served) for _ in range(50)]
    for each in clients:
        each.next()

    served.server.should_exit = True
    goodbyes = [each.next() for each in clients]

    assert {name for name, _ in goodbyes} == {"bye"}
    assert len({told["retry_ms"] for _, told in goodbyes}) > 1
    assert {each.next()[0] for each in clients} == {"closed"}


def test_a_heartbeat_comes_and_ends_what_has_expired_or_gone(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.5)
    served = serve()
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    served.tell("keys", [a_key(CLIENT, kind="client"), a_key(expires=soon)])
    expiring, other = Stream(served), Stream(served, key=CLIENT)

    assert any(line == b": \n" for line in other.lines)
    assert [expiring.next()[0], expiring.next()[1]["reason"]] == ["put", "key-expired"]
    served.tell("environments", [])
    assert other.next()[1]["reason"] == ""


def test_who_leaves_leaves_nothing_behind(served: Served) -> None:
    clients = [Stream(served) for _ in range(20)]
    for each in clients:
        each.next()

    for each in clients:
        each.socket.close()

    until(lambda: served.relay.streams.open == 0)
    until(lambda: served.relay.holdings.hub.listeners("e") == 0)
    until(lambda: served.relay.holdings.hub.reach.seen("e")["streams"] == {})


def large(version: int) -> dict[str, Any]:
    """A manifest that no socket takes at once."""
    values = {"on": "x" * 3_000_000 + str(version), "off": "y"}
    return {**manifest(version, big={**FLAG, "type": "string", "variants": values, "version": version})}


def test_a_slow_client_delays_nobody_and_is_owed_one_message(served: Served) -> None:
    slow, quick = Stream(served), Stream(served)
    quick.next()

    for version in range(2, 12):
        served.tell("put", put(large(version)))
        assert quick.next()[1]["to"] == version

    waiting = max(each._transport.get_write_buffer_size() for each in listening(served))
    assert waiting < 10_000_000
    heard = [slow.next()]
    while version_of(heard[-1]) < 11:
        heard.append(slow.next())
    assert len(heard) < 6


def listening(served: Served) -> list[Any]:
    return list(served.relay.holdings.hub._subscribers["e"])


def version_of(event: tuple[str, Any]) -> int:
    return int(event[1].get("to") or event[1]["version"])


def test_who_takes_nothing_for_long_is_let_go(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(listeners, "MOST_BEATS_WAITING", 2)
    served = serve()
    stuck = Stream(served)
    stuck.next()

    for version in range(2, 5):
        served.tell("put", put(large(version)))

    until(lambda: served.relay.streams.open == 0)
    assert not any(line.startswith(b"event: bye") for line in stuck.lines)


async def test_whoever_is_told_the_same_is_written_the_same_bytes() -> None:
    shared = listeners.Listening(Holdings(), 15.0)
    two = [Message("delta", version, b"{}") for version in (1, 2)]

    first, again = ([shared.written(message) for message in two] for _ in range(2))

    assert [a is b for a, b in zip(first, again, strict=True)] == [True, True]


async def test_few_long_messages_are_kept() -> None:
    shared = listeners.Listening(Holdings(), 15.0)

    for version in range(100):
        shared.written(Message("put", version, b"x" * 70_000))
        shared.written(Message("delta", version, b"{}"))

    assert sum(len(written) for _, written in shared._written.values()) < 80_000
