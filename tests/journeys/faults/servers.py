"""A PostgreSQL and a Redis that a drill may kill, unlike those which script/test lends to every test."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg

from script import redis_server
from script.places import HOST, free_port
from script.postgresql import INITDB, SETTINGS, find_binaries
from tenants import realm

ROLE, DATABASE = "flagforge", "flagforge"
SECONDS_TO_START = 60


class Redis:
    """Keeps nothing: each start is an empty one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.start()

    def start(self) -> None:
        command = [redis_server.find_binary(), "--port", str(self.port), "--dir", str(self.folder)]
        self.process = subprocess.Popen([*command, *redis_server.OPTIONS], start_new_session=True)
        _wait(lambda: redis_server.answers(self.port), self.process)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None


class PostgreSQL:
    """One that has put on disk what it has confirmed, as in life; but no power failure is rehearsed here, so without fsync."""

    def __init__(self, folder: Path) -> None:
        self.data, self.port, self.user = folder / "postgresql", free_port(), _server_user()
        self.binaries = find_binaries()
        self.data.mkdir(mode=0o700)
        if self.user:
            shutil.chown(self.data, self.user)
        self._run("initdb", "-D", str(self.data), *INITDB)
        self.start()
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def url(self, role: str = ROLE, database: str = DATABASE, *, port: int = 0) -> str:
        return f"postgresql://{role}@{HOST}:{port or self.port}/{database}"

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
        """By hand, past the application: as the role that owns the tables, which sees every organization's rows."""
        options = f"-c {realm.SETTING}={realm.ALL}"
        return psycopg.connect(self.url(), autocommit=autocommit, options=options)

    def start(self) -> None:
        """Children of a killed postmaster may still hold its memory for a moment; then it is tried again."""
        settings: Mapping[str, str] = {**SETTINGS, "synchronous_commit": "on", "full_page_writes": "on"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(self.port), *words]
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            with (self.data.parent / "postgresql.log").open("ab") as log:
                self.process = subprocess.Popen(command, stdout=log, stderr=log, **self._as_user())
            while self.process.poll() is None and time.monotonic() < deadline:
                if self._answers():
                    return
                time.sleep(0.05)
        raise AssertionError("PostgreSQL did not start")

    def kill(self) -> None:
        """As the kernel does when memory is short: the postmaster goes without a word, its children follow."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres", "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self._as_user())

    def _as_user(self) -> dict[str, Any]:
        who = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        return {"cwd": self.data, "start_new_session": True, **who}


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; Debian's package brings this user."""
    return "postgres" if os.geteuid() == 0 else None


def _wait(is_there: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not is_there():
        assert process.poll() is None, f"{process.args!r} ended"
        assert time.monotonic() < deadline, f"{process.args!r} did not start"
        time.sleep(0.02)
