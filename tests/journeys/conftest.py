"""Real server processes on the test's own database, whichever that is."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection

from script.places import HOST, Places, free_port
from script.programs import programs

Serve = Callable[..., "Server"]


@dataclass
class Server:
    """One control plane at work."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        return self.log.read_text()


def database_url() -> str:
    """Where the tests' database lies, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    account = f"{database['USER']}:{database['PASSWORD']}@" if database["USER"] else ""
    host = database["HOST"]
    if host.startswith("/"):
        return f"postgresql://{account}/{database['NAME']}?host={host}&port={database['PORT']}"
    return f"postgresql://{account}{host}:{database['PORT']}/{database['NAME']}"


@pytest.fixture
def serve(transactional_db: None, tmp_path: Path) -> Iterator[Serve]:
    """Starts a control plane each time it is called, with the variables given; all of them are ended with the test."""
    started: list[Server] = []

    def start(**variables: str) -> Server:
        places = Places(HOST, free_port(), free_port(), tmp_path)
        server = _started(places, tmp_path / f"server-{len(started)}.log", variables)
        started.append(server)
        _wait_until_ready(server)
        return server

    yield start
    for server in started:
        server.process.terminate()
    for server in started:
        server.process.wait(10)


def surroundings() -> dict[str, str]:
    """The environment of a process that works on the test's database as in life."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "flagforge.settings.base",
        "FLAGFORGE_SECRET_KEY": settings.SECRET_KEY,
        "FLAGFORGE_LOG_LEVEL": "DEBUG",
    }


def _started(places: Places, log: Path, variables: dict[str, str]) -> Server:
    program = next(program for program in programs(places) if program.name == "control")
    environment = {**surroundings(), **program.environment, **variables}
    with log.open("w") as output:
        popen = subprocess.Popen(program.command, env=environment, stdout=output, stderr=output, start_new_session=True)
    return Server(places.url, popen, log)


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            if httpx.get(f"{server.url}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not get ready:\n{server.said()}")
