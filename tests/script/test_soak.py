"""A soak notices a lost update and a leak, and nothing else: tried on a server and on processes that are made to fail."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from script.benches._soaking import DEADLINE_SECONDS, Ear, Gauge, Updates, percentiles
from script.places import HOST

GROWS = "import os, time\nkept = []\nprint(1, flush=True)\nfor _ in range(900):\n    {}\n    time.sleep(0.002)\ntime.sleep(9)"


@contextmanager
def telling(versions: Sequence[int]) -> Iterator[str]:
    """A server whose stream tells of these versions of a flag, and is silent then."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            for number, version in enumerate(versions):
                flags = {"flags": {"checkout": {"version": version}}}
                document = {"manifest": flags} if number == 0 else flags
                self.wfile.write(f"id: {number}\nevent: delta\ndata: {json.dumps(document)}\n\n".encode())
                self.wfile.flush()
            over.wait(10)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer((HOST, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{HOST}:{server.server_address[1]}"
    over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("told", "lost"), [((1, 2, 3, 4), []), ((1, 2, 4), []), ((1, 2, 3), [4]), ((1,), [2, 3, 4])], ids=str
)
def test_an_update_is_lost_where_neither_it_nor_a_later_one_is_heard(told: tuple[int, ...], lost: list[int]) -> None:
    made = Updates([(version, time.monotonic()) for version in (2, 3, 4)])
    with telling(told) as url:
        ear = Ear(url, "key", "checkout")
        deadline = time.monotonic() + 10
        while len(ear.heard) < len(told):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        ear.is_over = True

    delays = made.delays(ear)

    assert [version for (version, _), delay in zip(made.made, delays, strict=True) if delay == float("inf")] == lost


def test_an_update_that_came_too_late_is_lost() -> None:
    with telling(()) as url:
        ear = Ear(url, "key", "checkout")
        ear.is_over = True
    ear.heard = [(2, 100.0 + DEADLINE_SECONDS + 0.1), (3, 100.2 + DEADLINE_SECONDS)]

    assert Updates([(2, 100.0), (3, 100.3)]).delays(ear) == [float("inf"), pytest.approx(DEADLINE_SECONDS - 0.1)]


@pytest.mark.parametrize(
    ("step", "faults"),
    [
        ("kept.append(b'x' * 200_000)", ["memory"]),
        ("kept.append(os.open('/dev/null', 0))", ["descriptors"]),
        ("b'x' * 200_000; os.close(os.open('/dev/null', 0))", []),
    ],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_what_grows_is_noticed_and_what_is_given_back_is_not(step: str, faults: list[str]) -> None:
    with subprocess.Popen([sys.executable, "-c", GROWS.format(step)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        gauge = Gauge("it", process.pid)
        for _ in range(40):
            gauge.look()
            time.sleep(0.03)
        process.kill()

    assert [fault.split(" ")[1] for fault in gauge.faults()] == faults


def test_a_process_that_ended_is_a_fault() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        with pytest.raises(RuntimeError, match="the relay has ended"):
            Gauge("the relay", process.pid).look()


def test_percentiles_are_of_what_arrived() -> None:
    assert percentiles([0.1] * 100 + [float("inf")]) == pytest.approx((100, 100, 100))
    assert percentiles([0.2]) == (200, 200, 200)
