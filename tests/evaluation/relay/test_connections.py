"""What a connection may do before the relay closes it, over real sockets."""

import time

import pytest

from evaluation.relay import connections
from tests.evaluation.relay.conftest import Serve, Served, asking, rest_of

FLAGS = "/api/v1/sdk/flags"
MANY = "".join(f"x-{number}: 1\r\n" for number in range(200))


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + MANY.encode() + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\n\r\n", 431),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(said: bytes, status: int, served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(said)

        assert rest_of(connection).startswith(b"HTTP/1.1 %d " % status)


def test_a_header_without_an_end_is_not_waited_for(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nx: ")
        time.sleep(0.2)
        for _ in range(20):
            connection.sendall(b"y" * 4096)

        assert rest_of(connection).startswith(b"HTTP/1.1 431 ")


def test_headers_behind_a_body_are_passed_over(served: Served) -> None:
    trailers = "".join(f"t-{number}: 1\r\n" for number in range(500)).encode()
    body = b"2\r\n{}\r\n0\r\n" + trailers + b"\r\n"
    with served.connect() as connection:
        connection.sendall(asking(FLAGS, method="POST", transfer_encoding="chunked", connection="close") + body)

        assert rest_of(connection).startswith(b"HTTP/1.1 200 ")


def test_requests_in_one_packet_are_no_flood(served: Served) -> None:
    many = asking("/livez", x_filler="y" * 10_000) * 10 + asking("/livez", connection="close")
    with served.connect() as connection:
        connection.sendall(many[:-7])
        time.sleep(0.1)
        connection.sendall(many[-7:])

        assert rest_of(connection).count(b"HTTP/1.1 200 ") == 11


@pytest.mark.parametrize(
    ("limit", "said", "answer"),
    [
        ("HEAD_SECONDS", b"GET / HTTP/1.1\r\nhost: rel", b"HTTP/1.1 408 "),
        ("BODY_SECONDS", asking(FLAGS, method="POST", content_length="100") + b"{", b""),
        ("KEEP_ALIVE_SECONDS", b"", b""),
        ("KEEP_ALIVE_SECONDS", asking("/livez"), b"HTTP/1.1 200 "),
    ],
)
def test_who_takes_too_long_is_let_go(
    limit: str, said: bytes, answer: bytes, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, limit, 0.2)
    with serve().connect() as connection:
        connection.sendall(said)

        assert rest_of(connection)[: len(answer)] == answer


def test_a_poll_that_waits_is_not_too_slow(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("HEAD_SECONDS", "BODY_SECONDS", "KEEP_ALIVE_SECONDS"):
        monkeypatch.setattr(connections, limit, 0.2)
    with serve().connect() as connection:
        connection.sendall(asking("/api/v1/sdk/poll?since=1&timeout=2", connection="close"))

        assert rest_of(connection).startswith(b"HTTP/1.1 204 ")


def test_the_last_word_arrives_although_the_client_still_talks(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"nonsense\r\n\r\n" + b"y" * 1_000_000)

        assert rest_of(connection).startswith(b"HTTP/1.1 400 ")
