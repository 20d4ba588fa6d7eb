"""Floods against a real relay: half requests, malformed handshakes, oversized frames. Others are answered all the while."""

import contextlib
import re
import resource
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.relay import connections
from evaluation.relay.connections import Connection
from script.benches._pinned import Process, relay
from script.benches._rulesets import mixed_flags
from script.benches._upstream import Upstream
from tests.evaluation.relay.conftest import Served, asking, rest_of
from tests.evaluation.relay.said import SECRET

FLAGS = "/api/v1/sdk/flags"
HALF = b"GET /api/v1/sdk/flags HTTP/1.1\r\nhost: relay\r\nx: "
UPGRADE = {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13"}
NONCE = "MDEyMzQ1Njc4OWFiY2RlZg=="
MEGABYTE = 1_000_000


def test_half_requests_have_one_bound_together(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADS_BYTES", 50_000)
    waiting = [served.connect() for _ in range(10)]
    for each in waiting:
        each.sendall(HALF + b"y" * 8_000)

    refused, _, _ = select.select(waiting, [], [], 5)
    with served.connect() as other:
        other.sendall(asking(FLAGS, connection="close"))
        answer = rest_of(other)
    said = rest_of(refused[0])
    served.close_all()

    assert said.startswith(b"HTTP/1.1 503 ")
    assert answer.startswith(b"HTTP/1.1 200 ")
    until_gone = time.monotonic() + 5
    while Connection.heads_bytes and time.monotonic() < until_gone:
        time.sleep(0.05)
    assert Connection.heads_bytes == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({**UPGRADE}, 400),
        ({**UPGRADE, "sec_websocket_key": "short"}, 400),
        ({**UPGRADE, "sec_websocket_key": NONCE, "sec_websocket_version": "7"}, 400),
        ({**UPGRADE, "sec_websocket_key": NONCE, "x_filler": "y" * 10_000}, 431),
    ],
)
def test_a_malformed_handshake_is_refused(headers: dict[str, str], status: int, served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(handshake(**headers))

        assert rest_of(connection).startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\xff" + (10 * MEGABYTE).to_bytes(8, "big") + b"\0\0\0\0", 1009),
        (b"\x81\xff" + b"\xff" * 8 + b"\0\0\0\0", 1009),
        (b"\x81\x05hello", 1002),
        (b"\xf1\x80\0\0\0\0", 1002),
        (b"\x89\xff" + (200).to_bytes(8, "big") + b"\0\0\0\0" + b"x" * 200, 1002),
    ],
)
def test_a_frame_that_is_too_large_or_none_closes_the_socket(frame: bytes, code: int, served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(handshake(**UPGRADE, sec_websocket_key=NONCE, x_api_key=SECRET))
        said = b""
        while b'"type":"put"' not in said:
            said += connection.recv(65_536)
        connection.sendall(frame)

        closing = re.search(rb"\x88.(..)", rest_of(connection), re.DOTALL)

    assert closing is not None
    assert int.from_bytes(closing[1], "big") == code


def handshake(**headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"GET /ws/sdk HTTP/1.1\r\nhost: relay\r\n{lines}\r\n".encode()


@contextlib.contextmanager
def process() -> Iterator[Process]:
    upstream = Upstream(mixed_flags(10), [(SECRET, "server")])
    with upstream.serving(), relay(upstream.url) as ours:
        yield ours


def flood(ours: Process, first: bytes, more: bytes, count: int) -> list[socket.socket]:
    """So many connections that say the first and then the more, and stay."""
    opened = []
    for _ in range(count):
        with contextlib.suppress(OSError):  # refused, which is as well
            opened.append(socket.create_connection(("127.0.0.1", ours.port), timeout=10))
            opened[-1].sendall(first)
    for each in opened:
        with contextlib.suppress(OSError):
            each.sendall(more)
    return opened


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process need Linux")
def test_a_relay_with_little_memory_outlives_floods_and_goes_on_answering() -> None:
    body = asking(FLAGS, method="POST", content_length="900000")
    with process() as ours, contextlib.ExitStack() as stack:
        said = Path(f"/proc/{ours.pid}/status").read_text()
        size = int(re.findall(r"VmSize:\s+(\d+)", said)[0]) * 1024
        resource.prlimit(ours.pid, resource.RLIMIT_AS, (size + 400 * MEGABYTE, size + 400 * MEGABYTE))
        before = ours.memory()

        for first, more in ((HALF, b"y" * 60_000), (body, b"x" * 300_000), (b"GET / HTTP/1.1\r\n", b"a:\r\n" * 90)):
            for each in flood(ours, first, more, 2_000):
                stack.enter_context(each)
            other = stack.enter_context(socket.create_connection(("127.0.0.1", ours.port), timeout=30))
            other.sendall(asking(FLAGS, connection="close"))
            assert rest_of(other).startswith(b"HTTP/1.1 200 ")

        assert ours.memory("VmHWM") - before < 300 * MEGABYTE
