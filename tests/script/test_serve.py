"""script/server's own work, with its true command lines on a small project in place of FlagForge."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from script.places import free_port

ROOT = Path(__file__).resolve().parents[2]
Server = subprocess.Popen[str]
Serve = Callable[..., Server]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def relay_port() -> int:
    return free_port()


@pytest.fixture
def serve(tmp_path: Path, port: int, relay_port: int) -> Iterator[Serve]:
    project = tmp_path / "project"
    shutil.copytree(Path(__file__).with_name("small_project"), project)
    shutil.copytree(ROOT / "script", project / "script")
    started: list[Server] = []

    def start(**environment: str) -> Server:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "script.serve"],
                cwd=project,
                env={
                    **{
                        name: value
                        for name, value in os.environ.items()
                        if not name.startswith(("FLAGFORGE_", "DJANGO_"))
                    },
                    "FLAGFORGE_PORT": str(port),
                    "FLAGFORGE_RELAY_PORT": str(relay_port),
                    "FLAGFORGE_DATA": "data/inner",
                    **environment,
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield start
    for server in started:
        server.terminate()
        server.communicate(timeout=20)


def read_until(server: Server, words: str) -> str:
    assert server.stdout is not None
    seen = ""
    for line in server.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f'"{words}" never came: {seen}')


def test_it_prints_everything_one_needs_and_stops_when_asked(
    serve: Serve, port: int, relay_port: int, tmp_path: Path, gone: Callable[..., bool]
) -> None:
    server = serve()
    greeting = read_until(server, "resident memory")
    pids = children_of(server.pid)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as response:
        status = response.status
    server.send_signal(signal.SIGINT)
    farewell, _nothing = server.communicate(timeout=20)

    assert status == 200
    for expected in (
        f"http://127.0.0.1:{port}/",
        "demo@example.com   correct horse",
        "ff_client_1",
        "ff_relay_1",
        f"curl -H 'X-API-Key: ff_server_1' 'http://127.0.0.1:{port}/api/v1/sdk/flags?targetingKey=user-1&country=IN'",
        f"http://127.0.0.1:{relay_port}/status",
        "control ",
        "relay ",
    ):
        assert expected in greeting
    assert (tmp_path / "project/data/inner").stat().st_mode & 0o777 == 0o700
    assert server.returncode == 0
    assert "killed" not in farewell
    assert len(pids) >= 6  # control plane, its child, relay, worker, beat, keeper
    assert gone(pids, within=5)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("program", ["celery", "evaluation.relay"])
def test_a_dead_worker_or_relay_is_started_again_while_the_control_plane_serves(
    serve: Serve, port: int, gone: Callable[..., bool], number: signal.Signals, program: str
) -> None:
    server = serve()
    read_until(server, "resident memory")
    control, workers = children_named(server, "flagforge.serve"), children_named(server, program)

    os.kill(workers[0], number)
    read_until(server, "; another start in 1 s")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as response:
        status = response.status
    deadline = time.monotonic() + 20
    while set(children_named(server, program)) <= set(workers) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert status == 200
    assert server.poll() is None
    assert children_named(server, "flagforge.serve") == control
    assert set(children_named(server, program)) - set(workers)
    assert gone(workers, within=5)


def test_a_dead_control_plane_takes_the_server_down_loudly(serve: Serve, gone: Callable[..., bool]) -> None:
    server = serve()
    read_until(server, "resident memory")
    pids = children_of(server.pid)

    os.kill(children_named(server, "flagforge.serve")[0], signal.SIGKILL)
    output, _nothing = server.communicate(timeout=20)

    assert server.returncode == 1
    assert "control ended with signal SIGKILL; everything else is stopped." in output
    assert gone(pids, within=5)


def test_a_failing_step_ends_the_start_with_its_own_words(serve: Serve) -> None:
    server = serve(FAILING_STEP="migrate")

    output, _nothing = server.communicate(timeout=20)

    assert server.returncode == 1
    assert "migrate │ migrate cannot be done\n" in output
    assert "migrate ended with exit code 1" in output


def test_a_taken_port_is_named_with_the_variable_that_moves_it(serve: Serve, port: int) -> None:
    with socket.create_server(("", port)):  # everywhere
        server = serve()
        output, _nothing = server.communicate(timeout=20)

    assert server.returncode == 2
    assert output == (
        f"Port {port} is taken by another program. Stop that, or choose a free port: "
        f"FLAGFORGE_PORT={port + 1} script/server\n"
    )


def children_of(pid: int) -> list[int]:
    """All descendants of a process, from /proc."""
    direct = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in task.joinpath("children").read_text().split()
    ]
    return [*direct, *(grandchild for child in direct for grandchild in children_of(child))]


def children_named(server: Server, word: str) -> list[int]:
    """Descendants with the word in their command lines, parents before their children."""
    return [pid for pid in children_of(server.pid) if word in command_line(pid)]


def command_line(pid: int) -> str:
    """Empty when it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
