"""Requests whose head has come before: answered as if it were read anew, and nothing else is taken for one."""

import re
import socket

import pytest

from evaluation.relay import heads, quick
from evaluation.relay.connections import Connection
from tenants.keys import sha256_of
from tests.evaluation.relay.conftest import CLIENT, Served, asking, rest_of
from tests.evaluation.relay.said import SECRET, a_key
from tests.evaluation.relay.test_listeners import until

FLAGS = "/api/v1/sdk/flags"


def body(name: str) -> bytes:
    return b'{"context": {"targetingKey": "%s"}}' % name.encode()


def answer(connection: socket.socket, request: bytes) -> bytes:
    """Without the time."""
    connection.sendall(request)
    return re.sub(rb"date: [^\r]*\r\n", b"", connection.recv(65_536))


def sent_apart(connection: socket.socket, part: bytes) -> None:
    """As a packet of its own: the relay has it before anything follows."""
    connection.sendall(part)
    until(lambda: Connection.heads_bytes + quick.QuickConnection.bodies_bytes > 0)


def known(served: Served) -> int:
    return len(served.relay.heads._known)


def test_each_body_behind_the_same_head_has_its_own_answer(served: Served) -> None:
    questions = [asking(FLAGS, method="POST", body=body(name)) for name in ("anna", "bert", "cleo", "anna")]
    with served.connect() as connection:
        repeated = [answer(connection, question) for question in questions]
    alone = []
    for question in questions:
        served.relay.heads._known.clear()
        with served.connect() as connection:
            alone.append(answer(connection, question))

    assert repeated == alone
    assert len(set(repeated)) == 3


def test_a_known_head_is_not_read_again_whoever_sends_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with served.connect() as connection:
        first = answer(connection, asking(FLAGS))
    monkeypatch.setattr(quick.QuickConnection, "on_message_begin", None)

    with served.connect() as connection:
        assert [answer(connection, asking(FLAGS)) for _ in range(3)] == [first] * 3


def test_a_known_head_with_its_body_in_pieces_is_answered_once(served: Served) -> None:
    whole = asking(FLAGS, method="POST", body=body("anna"))
    with served.connect() as connection:
        first = answer(connection, whole)
        for cut in (10, len(whole) - 5):
            sent_apart(connection, whole[:cut])
            assert answer(connection, whole[cut:]) == first
        assert answer(connection, whole) == first


def test_a_known_head_with_more_behind_it_has_both_answered(served: Served) -> None:
    with served.connect() as connection:
        answer(connection, asking(FLAGS))
        connection.sendall(asking(FLAGS) + asking("/nowhere") + asking(FLAGS, connection="close"))

        assert re.findall(rb"HTTP/1.1 (\d+)", rest_of(connection)) == [b"200", b"404", b"200"]


@pytest.mark.parametrize("cut", [1, 30, 45])
def test_the_end_of_a_head_is_no_head(cut: int, served: Served) -> None:
    """Whoever sends it alone must not be answered in the name of whoever sent the whole."""
    whole = asking(FLAGS)
    with served.connect() as connection:
        sent_apart(connection, whole[:cut])
        assert answer(connection, whole[cut:]).startswith(b"HTTP/1.1 200 ")
    assert known(served) == 0

    with served.connect() as connection:
        assert answer(connection, whole[cut:]).startswith(b"HTTP/1.1 400 ")


def test_the_end_of_a_body_and_a_request_are_no_head(served: Served) -> None:
    first = asking(FLAGS, method="POST", body=body("anna"))
    with served.connect() as connection:
        sent_apart(connection, first[:-3])
        connection.sendall(first[-3:] + asking(FLAGS))
        until(lambda: served.server.server_state.total_requests == 2)

    assert known(served) == 0


@pytest.mark.parametrize(
    "request_",
    [
        asking(FLAGS, key="nobody"),
        asking(FLAGS, key=""),
        asking(FLAGS, connection="close"),
        asking(FLAGS, expect="100-continue"),
        asking(FLAGS, method="POST", transfer_encoding="chunked") + b"0\r\n\r\n",
        asking(FLAGS, filler="x" * heads.LONGEST_HEAD),
        asking(FLAGS) + asking(f"{FLAGS}?country=IN"),
        asking("/livez"),
    ],
)
def test_what_is_not_kept(request_: bytes, served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(request_)
        assert connection.recv(65_536)

    assert known(served) == 0


def test_a_key_that_is_revoked_opens_nothing_by_a_known_head(served: Served) -> None:
    with served.connect() as connection:
        assert answer(connection, asking(FLAGS)).startswith(b"HTTP/1.1 200 ")

        served.tell("keys", {"added": [], "removed": [sha256_of(SECRET)]})
        assert answer(connection, asking(FLAGS)).startswith(b"HTTP/1.1 401 ")
        served.tell("keys", {"added": [a_key()], "removed": []})
        assert answer(connection, asking(FLAGS)).startswith(b"HTTP/1.1 200 ")


def test_a_known_head_behind_a_poll_ends_it_and_comes_second(served: Served) -> None:
    with served.connect() as connection:
        answer(connection, asking(FLAGS, connection="keep-alive"))
        connection.sendall(asking("/api/v1/sdk/poll?since=1&timeout=60"))
        connection.sendall(asking(FLAGS, connection="keep-alive") + asking(FLAGS, connection="close"))

        assert re.findall(rb"HTTP/1.1 (\d+)", rest_of(connection)) == [b"204", b"200", b"200"]


def test_no_more_heads_are_kept_than_there_is_room_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "MOST_HEADS", 3)
    with served.connect() as connection:
        for number in range(5):
            answer(connection, asking(f"{FLAGS}?country=C{number}", key=CLIENT))

    assert known(served) == 3
