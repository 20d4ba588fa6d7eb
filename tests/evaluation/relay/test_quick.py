"""The quick way to an answer and the one through ASGI say the same bytes, whatever the request looks like."""

import json
import re
import socket
import time

import pytest

from evaluation.relay import asgi, quick
from evaluation.relay.connections import Connection
from evaluation.relay.quick import QuickConnection
from tests.evaluation.relay.conftest import CLIENT, Serve, Served, asking, rest_of

FLAGS, OFREP = "/api/v1/sdk/flags", "/ofrep/v1/evaluate/flags"
LAST = "close"
BODY = b'{"context": {"targetingKey": "anna"}}'
CHUNKED = b"5\r\n" + BODY[:5] + b"\r\n%x\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n\r\n"
REQUESTS = {
    "all flags": asking(FLAGS, connection=LAST),
    "by fields": asking(f"{FLAGS}?targetingKey=anna&country=IN", connection=LAST),
    "a body": asking(FLAGS, method="POST", body=BODY, connection=LAST),
    "a body in pieces": asking(FLAGS, method="POST", transfer_encoding="chunked", connection=LAST) + CHUNKED,
    "a body after a nod": asking(FLAGS, method="POST", body=BODY, expect="100-continue", connection=LAST),
    "a body with an unknown key": asking(FLAGS, method="POST", body=BODY, key="nobody", connection=LAST),
    "only the head": asking(FLAGS, method="HEAD", connection=LAST),
    "another method": asking(FLAGS, method="DELETE", connection=LAST),
    "a preflight": asking(FLAGS, method="OPTIONS", key="", connection=LAST),
    "one flag": asking(f"{FLAGS}/nowhere", connection=LAST),
    "one flag with odd letters": asking(f"{FLAGS}/%C3%A4", connection=LAST),
    "OpenFeature": asking(OFREP, method="POST", body=BODY, key=CLIENT, connection=LAST),
    "OpenFeature behind a slash": asking(f"/{OFREP}", method="POST", body=BODY, connection=LAST),
    "OpenFeature, no JSON": asking(OFREP, method="POST", body=b"{", connection=LAST),
    "the ruleset": asking("/api/v1/sdk/ruleset", connection=LAST),
    "an address with a host": asking(f"http://relay{FLAGS}", connection=LAST),
    "a fragment": asking(f"{FLAGS}#all", connection=LAST),
    "raw letters in the query": asking(f"{FLAGS}?country=ä", connection=LAST),
    "an older protocol": asking(FLAGS).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "an older protocol that stays": asking(FLAGS, connection="keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "another protocol offered": asking(FLAGS, connection="Upgrade, close", upgrade="h2c"),
    "many in one packet": asking(FLAGS)
    + asking(FLAGS, method="POST", body=BODY)
    + asking(f"{FLAGS}?a=1", connection=LAST),
    "slow ones among them": asking("/livez") + asking(FLAGS) + asking("/nowhere") + asking(FLAGS, connection=LAST),
    "more behind the last": asking(FLAGS, connection=LAST) + asking(FLAGS),
}


def said_to(served: Served, request: bytes) -> bytes:
    with served.connect() as connection:
        connection.sendall(request)
        return re.sub(rb"date: [^\r]*\r\n", b"", rest_of(connection))


def test_both_ways_say_the_same_bytes(serve: Serve) -> None:
    quickly, through_asgi = serve(QuickConnection), serve(Connection)

    answers = {name: said_to(quickly, request) for name, request in REQUESTS.items()}
    expected = {name: said_to(through_asgi, request) for name, request in REQUESTS.items()}

    proof = rb"flagforge-freshness: [^\r]*\r\n"  # signed anew by each
    assert {name: re.sub(proof, b"", answer) for name, answer in answers.items()} == {
        name: re.sub(proof, b"", answer) for name, answer in expected.items()
    }


def test_what_is_quick_does_not_pass_through_the_application(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(served.relay), "_http", None)

    assert said_to(served, asking(FLAGS, connection=LAST)).startswith(b"HTTP/1.1 200 ")


def test_a_connection_stays_for_the_next_question(served: Served) -> None:
    with served.connect() as connection:
        for _ in range(3):
            connection.sendall(asking(f"{FLAGS}?targetingKey=anna"))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_who_waits_for_a_nod_gets_one(served: Served) -> None:
    head, body = asking(FLAGS, method="POST", body=BODY, expect="100-continue", connection=LAST).split(b"\r\n\r\n")
    with served.connect() as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"

        connection.sendall(body)
        assert rest_of(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_refused_before_it_came(
    announced: bool, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "BODY_BYTES", 10)
    pieces = asking(OFREP, method="POST", transfer_encoding="chunked") + b"b\r\n{1234567890\r\n"
    request = asking(OFREP, method="POST", content_length="11") if announced else pieces

    answer = said_to(serve(), request)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["errorCode"] == "GENERAL"


def test_large_bodies_have_one_bound_together(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "BODIES_BYTES", 1500)
    half = asking(FLAGS, method="POST", content_length="1400") + b"x" * 1000
    with served.connect() as first, served.connect() as second:
        first.sendall(half)
        time.sleep(0.2)
        second.sendall(half)
        assert rest_of(second).startswith(b"HTTP/1.1 503 ")

        first.sendall(b"x" * 400)
        assert first.recv(65_536).startswith(b"HTTP/1.1 400 ")
        assert QuickConnection.bodies_bytes == 0


def test_a_body_of_an_unknown_key_is_not_kept(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "BODIES_BYTES", 1500)

    answer = said_to(served, asking(FLAGS, method="POST", key="nobody", body=b"x" * 100_000, connection=LAST))

    assert answer.startswith(b"HTTP/1.1 401 ")


def test_who_does_not_read_is_not_read_either(served: Served) -> None:
    """Its answers wait in its own queue, which has an end."""
    with served.connect() as connection:
        connection.settimeout(1)
        while sent(connection, asking(FLAGS + "/" + "x" * 2000) * 30):
            pass
        connection.settimeout(10)
        answers = connection.recv(1_000_000)

    assert answers.startswith(b"HTTP/1.1 404 ")
    assert said_to(served, asking("/livez", connection=LAST)).startswith(b"HTTP/1.1 200 ")


def sent(connection: socket.socket, said: bytes) -> bool:
    """Whether the other side took it within the time."""
    try:
        connection.sendall(said)
    except TimeoutError:
        return False
    return True
