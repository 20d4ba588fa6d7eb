"""Long polls over real sockets: what answers them, and what they leave behind."""

import json
import re
import socket
import time
from typing import Any

import pytest

from evaluation.relay import streams
from evaluation.relay.connections import Connection
from evaluation.relay.quick import QuickConnection
from tenants.keys import sha256_of
from tests.evaluation.relay.conftest import CLIENT, Serve, Served, asking, rest_of
from tests.evaluation.relay.said import SECRET, a_key
from tests.evaluation.relay.test_listeners import change, until

POLL = "/api/v1/sdk/poll"
PROOF = rb"(date|flagforge-freshness): [^\r]*\r\n|\"freshness\":\"[^\"]*\""  # of each server's own
QUESTIONS = {
    "the state": asking(POLL, connection="close"),
    "the state, by a client key in the address": asking(
        f"{POLL}?key={CLIENT}&targetingKey=anna", key="", connection="close"
    ),
    "nothing new": asking(f"{POLL}?since=1&timeout=1", connection="close"),
    "nothing new for a client": asking(f"{POLL}?since=1&timeout=1", key=CLIENT, connection="close"),
    "a version from the future": asking(f"{POLL}?since=99", connection="close"),
    "a body": asking(f"{POLL}?since=0", body=b"{}", connection="close"),
    "an older protocol": asking(f"{POLL}?since=0").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a time that is none": asking(f"{POLL}?timeout=0", connection="close"),
    "a secret in the address": asking(f"{POLL}?key={SECRET}", key="", connection="close"),
    "nobody": asking(POLL, key="", connection="close"),
    "another method": asking(POLL, method="POST", connection="close"),
    "a preflight": asking(POLL, method="OPTIONS", key="", connection="close"),
}


class Client:
    """One long poll after the other, on one connection."""

    def __init__(self, served: Served, key: str = SECRET) -> None:
        self.served, self.key, self.socket = served, key, served.connect()

    def ask(self, query: str = "?since=1&timeout=60") -> None:
        self.socket.sendall(asking(POLL + query, key=self.key))

    def wait(self) -> None:
        """Until the relay has heard the question."""
        self.ask()
        until(lambda: self.served.relay.streams.by_kind()["poll"] > 0)

    def answer(self) -> tuple[int, Any]:
        said = b""
        while b"\r\n\r\n" not in said:
            said += self.socket.recv(65_536)
        head, _, body = said.partition(b"\r\n\r\n")
        length = int(found[1]) if (found := re.search(rb"content-length: (\d+)", head)) else 0
        while len(body) < length:
            body += self.socket.recv(65_536)
        return int(head[9:12]), json.loads(body) if body else None


def said_to(served: Served, question: bytes) -> bytes:
    with served.connect() as connection:
        connection.sendall(question)
        return re.sub(PROOF, b"", rest_of(connection))


def test_both_ways_say_the_same_bytes(serve: Serve) -> None:
    quickly, through_asgi = serve(QuickConnection), serve(Connection)

    answers = {name: said_to(quickly, question) for name, question in QUESTIONS.items()}

    assert answers == {name: said_to(through_asgi, question) for name, question in QUESTIONS.items()}


def test_a_poll_needs_no_task(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(served.relay), "_http", None)
    client = Client(served)

    client.ask("")

    assert client.answer()[1]["type"] == "put"


@pytest.mark.parametrize("key", [SECRET, CLIENT])
def test_a_change_ends_the_waiting_and_the_connection_stays(key: str, served: Served) -> None:
    client = Client(served, key)
    client.wait()

    change(served)

    status, told = client.answer()
    assert (status, told["type"], told["to"]) == (200, "delta", 2)
    client.ask("?since=2&timeout=1")
    assert client.answer() == (204, None)


def test_who_waits_is_seen_and_who_leaves_leaves_nothing_behind(served: Served) -> None:
    clients = [Client(served) for _ in range(20)]
    for each in clients:
        each.ask()
    until(lambda: served.relay.streams.by_kind()["poll"] == 20)
    until(lambda: served.relay.holdings.hub.reach.seen("e")["streams"] == {"1": 20})

    for each in clients:
        each.socket.close()

    until(lambda: served.relay.streams.by_kind()["poll"] == 0)
    until(lambda: served.relay.holdings.hub.listeners("e") == 0)
    until(lambda: served.relay.holdings.hub.reach.seen("e")["streams"] == {})


def test_polls_do_not_open_more_than_the_key_may(served: Served) -> None:
    served.tell("keys", [a_key(limits={"streams": 1})])
    waiting, other = Client(served), Client(served)
    waiting.wait()

    other.ask()

    assert other.answer()[0] == 429
    waiting.socket.close()
    until(lambda: served.relay.streams.by_kind()["poll"] == 0)
    other.wait()


def test_a_revoked_key_waits_no_longer_and_is_refused_then(served: Served) -> None:
    client = Client(served)
    client.wait()

    served.tell("keys", {"added": [], "removed": [sha256_of(SECRET)]})

    assert client.answer()[0] == 204
    client.ask()
    assert client.answer()[0] == 401


def test_a_key_that_expires_waits_no_longer(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.2)
    served = serve()
    served.tell("keys", [a_key(expires=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2)))])
    client = Client(served)
    client.wait()

    assert client.answer()[0] == 204


def test_who_waits_for_an_environment_that_goes_is_told(served: Served) -> None:
    client = Client(served)
    client.wait()

    served.tell("environments", [])
    served.loop.call_soon_threadsafe(served.relay.holdings.hub.wake, "e")

    assert client.answer()[0] == 503


def test_a_server_that_stops_answers_who_waits(serve: Serve) -> None:
    served = serve()
    client = Client(served)
    client.wait()

    served.server.should_exit = True

    assert client.answer()[0] == 204
    assert client.socket.recv(1) == b""


def test_who_asks_something_else_waits_no_longer_and_is_answered_in_order(served: Served) -> None:
    client = Client(served)
    client.wait()

    client.socket.sendall(asking("/api/v1/sdk/flags", connection="close"))

    said = rest_of(client.socket)
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"204", b"200"]


def test_a_poll_and_more_in_one_packet_are_answered_in_order(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(asking(f"{POLL}?since=1") + asking("/nowhere", connection="close"))

        assert re.findall(rb"HTTP/1.1 (\d+)", rest_of(connection)) == [b"204", b"404"]


def test_nonsense_behind_a_poll_ends_the_connection(served: Served) -> None:
    client = Client(served)
    client.wait()

    client.socket.sendall(b"\x00nonsense\r\n\r\n")

    assert not re.search(rb"HTTP/1.1 200", rest_of(client.socket))
    until(lambda: served.relay.streams.by_kind()["poll"] == 0)


def test_who_hung_up_halfway_is_let_go(served: Served) -> None:
    client = Client(served)
    client.wait()

    client.socket.shutdown(socket.SHUT_WR)

    until(lambda: served.relay.streams.by_kind()["poll"] == 0)
