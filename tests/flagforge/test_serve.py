"""The server as a process: what it answers, what it logs, how it ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from flagforge.bodies import Receive, Scope, Send
from script.places import HOST, free_port
from tests.flagforge.conftest import Serving

ROOT = Path(__file__).resolve().parents[2]
SECRET = "ff_client_never-to-be-seen"


class Process:
    """`python -m flagforge.serve` on a free port, with an empty database."""

    def __init__(self, folder: Path, *, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self.log = folder / "log"
        environment = {
            **os.environ,
            "FLAGFORGE_DATA": str(folder),
            "FLAGFORGE_LOG_LEVEL": "DEBUG",
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "DJANGO_SETTINGS_MODULE": "flagforge.settings.test",
        }
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "flagforge.serve", "--port", str(port)]
            self.popen = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def wait_until_alive(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.url}/livez")
            except httpx.TransportError:
                assert self.popen.poll() is None, self.log.read_text()
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.log.read_text())

    def end(self, number: signal.Signals) -> float:
        """Seconds from the signal to the end."""
        began = time.monotonic()
        self.popen.send_signal(number)
        self.popen.wait(15)
        return time.monotonic() - began


@contextmanager
def _process(folder: Path) -> Iterator[Process]:
    started = Process(folder, port=free_port())
    try:
        started.wait_until_alive()
        yield started
    finally:
        started.popen.kill()
        started.popen.wait()


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One for the tests that leave it alive."""
    with _process(tmp_path_factory.mktemp("serve")) as started:
        yield started


def test_probes_programs_and_people_find_their_doors(process: Process) -> None:
    alive = httpx.get(f"{process.url}/livez")
    program = httpx.get(f"{process.url}/api/v1/sdk/flags")
    person = httpx.get(f"{process.url}/no-such-page")

    assert alive.json() == {"status": "ok"}
    assert (program.status_code, program.headers["content-type"]) == (401, "application/problem+json")
    assert (person.status_code, person.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "server" not in alive.headers


def test_a_preflight_needs_no_key(process: Process) -> None:
    answers = [httpx.options(f"{process.url}/api/v1/sdk/{name}") for name in ("flags", "stream", "poll")]

    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {"*"}


def test_an_unknown_websocket_is_refused_without_a_trace_of_it(process: Process) -> None:
    with pytest.raises(InvalidStatus), connect(process.url.replace("http", "ws") + "/ws/nothing"):
        pass

    assert "Traceback" not in process.log.read_text()


def test_no_log_shows_the_query_of_a_url(process: Process) -> None:
    query = f"key={SECRET}&token={SECRET}"
    for name in ("stream", "poll", "flags"):
        httpx.get(f"{process.url}/api/v1/sdk/{name}?{query}")
    with connect(f"{process.url.replace('http', 'ws')}/ws/sdk?{query}") as refused:
        refused.recv(5)

    assert "listening on" in process.log.read_text()
    assert SECRET not in process.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_and_quietly(tmp_path: Path, number: signal.Signals) -> None:
    with _process(tmp_path) as process:
        taken = process.end(number)

    assert taken < 4  # less than a connection that stays open is waited for
    assert process.popen.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in process.log.read_text()


def test_a_taken_port_is_said_and_how_to_choose_another(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        second = Process(tmp_path, port=taken.getsockname()[1])
        code = second.popen.wait(20)

    assert code == 1
    assert "Address already in use" in second.log.read_text()
    assert "FLAGFORGE_PORT" in second.log.read_text()


def test_uvicorn_s_own_command_prints_no_query_either(tmp_path: Path) -> None:
    """The settings see to it, whoever starts the server."""
    port = free_port()
    environment = {**os.environ, "FLAGFORGE_DATA": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""}
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), "flagforge.asgi:application"]
    with (tmp_path / "log").open("w") as log:
        popen = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _knock(f"ws://{HOST}:{port}/ws/sdk?key={SECRET}")
        httpx.get(f"http://{HOST}:{port}/livez?key={SECRET}")
    finally:
        popen.terminate()
        popen.wait(10)

    assert SECRET not in (tmp_path / "log").read_text()


def _knock(address: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with connect(address) as socket:
                socket.recv(5)
            return
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_streams_say_goodbye_before_the_server_waits_for_its_connections(serving: Serving) -> None:
    stopping = asyncio.Event()

    async def stop() -> None:
        stopping.set()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello ", "more_body": True})
        await stopping.wait()
        await send({"type": "http.response.body", "body": b"bye"})

    running = serving(stream, stops=[stop])
    with httpx.stream("GET", running.url, timeout=2) as answer:
        parts = answer.iter_bytes()
        first = next(parts)
        running.server.should_exit = True
        rest = b"".join(parts)

    assert (first, rest) == (b"hello ", b"bye")


def test_a_client_that_leaves_its_stream_is_noticed_at_once(serving: Serving) -> None:
    noticed = threading.Event()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello", "more_body": True})
        if (await receive())["type"] == "http.disconnect":
            noticed.set()

    running = serving(stream)
    with httpx.stream("GET", running.url) as answer:
        next(answer.iter_bytes())

    assert noticed.wait(0.5)
