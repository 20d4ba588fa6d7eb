"""A whole installation of a drill's own: database, Redis, control plane, worker and relay, with a proxy at each seam."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from script.places import HOST, Places, free_port
from script.processes import signal_group
from script.programs import programs
from tests.journeys.faults.proxy import Proxy
from tests.journeys.faults.servers import PostgreSQL, Redis

# Until something must have happened; how soon it does says more of what else the machine does than of us.
SECONDS = 60
# In one process, since most of the time of each would go into its start.
FOUNDING = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("bootstrap", organization="acme", project="shop", environments="first", email="alice@example.com", json=True)
"""


def until(is_so: Callable[[], bool], seconds: float, *, why: Callable[[], object] = lambda: "") -> float:
    """How long it took until it was so; `why` is asked when it never was."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        try:
            if is_so():
                return time.monotonic() - begun
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {why()}")


@dataclass
class Running:
    """A program that can be killed and started again; its log goes on."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    url: str = ""
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env={**os.environ, **self.environment}, stdout=log, stderr=log, start_new_session=True
            )

    def start_and_wait(self) -> None:
        self.start()
        until(self.is_ready, SECONDS, why=self.said)

    def is_ready(self) -> bool:
        assert self.is_running, self.said()
        return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200

    def ask(self, path: str, api_key: str = "") -> httpx.Response:
        return httpx.get(self.url + path, headers={"X-API-Key": api_key} if api_key else {}, timeout=SECONDS)

    def status(self) -> dict[str, Any]:
        """What a relay says of itself."""
        document: dict[str, Any] = self.ask("/status").json()
        return document

    def refused(self, kind: str = "") -> int:
        """How many things a relay has refused, of one kind or in all."""
        by_kind: dict[str, int] = self.status()["upstream"]["refused"]
        return by_kind[kind] if kind else sum(by_kind.values())

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        return self.process.pid if self.process is not None else 0

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """With its children, such as the worker's beat; and wait for its end."""
        if self.process is not None:
            signal_group(self.process.pid, number)
            self.process.wait(20)

    def said(self) -> str:
        return f"{self.name} said:\n{self.log.read_text()[-6000:]}"


class Installation:
    """`before` names the proxies: the control plane and the worker reach database and Redis through them, a relay the
    control plane."""

    def __init__(self, folder: Path, *, has_servers: bool) -> None:
        self.folder = folder
        self.postgresql = PostgreSQL(folder) if has_servers else None
        self.redis = Redis(folder) if has_servers else None
        self.places = Places(HOST, free_port(), free_port(), folder / "data")
        self.before = {"control": Proxy(self.places.port)}
        if self.postgresql and self.redis:
            self.before |= {"database": Proxy(self.postgresql.port), "redis": Proxy(self.redis.port)}
        self.environment = {**self.places.environment(), **self._services()}
        self.founded = self._found()
        self.control, self.worker = self._program("control", self.places.url), self._program("worker")
        self.relay = self.a_relay("relay")
        self.heal()

    @property
    def seam(self) -> str:
        """Where a relay finds the control plane."""
        return f"http://{HOST}:{self.before['control'].port}"

    def another_control(self, name: str, **environment: str) -> Running:
        """One more control plane on the same data, not started yet."""
        port = free_port()
        places = Places(HOST, port, free_port(), self.places.data)
        return self._program("control", places.url, name=name, FLAGFORGE_PORT=str(port), **environment)

    def a_relay(self, name: str, *options: str, **environment: str) -> Running:
        """One that is not started yet, with a store of its own."""
        port, key = free_port(), {"FLAGFORGE_RELAY_KEY": self.founded["relay_key"]}
        usual = ("--upstream", self.seam, "--port", str(port), "--store", str(self.store_of(name)))
        words = [sys.executable, "-m", "evaluation.relay", *usual, *options]
        return Running(name, words, {**key, **environment}, self.folder / f"{name}.log", f"http://{HOST}:{port}")

    def store_of(self, relay: str) -> Path:
        return self.folder / f"store-{relay}"

    def heal(self) -> None:
        """Everything runs and nothing is in its way, whatever the drill before has done."""
        for proxy in self.before.values():
            proxy.pass_on()
        for server in (self.postgresql, self.redis):
            if server is not None and not server.is_running:
                server.start()
        if self.worker.is_running:
            self.worker.kill(signal.SIGTERM)
        for program in (self.control, self.relay):
            if not program.is_running:
                program.start_and_wait()

    def close(self) -> None:
        for program in (self.relay, self.worker, self.control):
            if program.is_running:
                program.kill(signal.SIGTERM)
        for proxy in self.before.values():
            proxy.close()
        if self.redis and self.redis.is_running:
            self.redis.kill()
        if self.postgresql and self.postgresql.is_running:
            self.postgresql.stop()

    def _services(self) -> dict[str, str]:
        database = f"sqlite:///{self.places.data / 'flagforge.sqlite3'}"
        if self.postgresql:
            database = self.postgresql.url(port=self.before["database"].port)
        redis = f"redis://{HOST}:{self.before['redis'].port}/0" if self.redis else ""
        return {"DATABASE_URL": database, "REDIS_URL": redis, "DJANGO_SETTINGS_MODULE": "flagforge.settings.base"}

    def _found(self) -> dict[str, Any]:
        command, environment = [sys.executable, "-c", FOUNDING], {**os.environ, **self.environment}
        said = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout
        document: dict[str, Any] = json.loads(said)
        return document

    def _program(self, kind: str, url: str = "", *, name: str = "", **environment: str) -> Running:
        program = next(program for program in programs(self.places) if program.name == kind)
        log = self.folder / f"{name or kind}.log"
        settings = {**self.environment, **program.environment, **environment}
        return Running(name or kind, program.command, settings, log, url)
