"""Control planes and relays at work on a tenant of their own, for benches that ask over the network."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from script.benches._tenant import made_in
from script.places import HOST, free_port
from script.programs import WORKER
from script.services import DATABASE_VARIABLE, REDIS_VARIABLE, private_services


@dataclass
class Serving:
    """One control plane; `document` is what bootstrap said of its tenant."""

    url: str
    document: Mapping[str, Any]

    @property
    def server_key(self) -> str:
        return str(self.document["environments"]["production"]["server_key"])


@contextlib.contextmanager
def serving(environment: Mapping[str, str], flags: int) -> Iterator[Serving]:
    """A control plane with so many flags in production."""
    document = made_in(environment, flags)
    with another(environment) as url:
        yield Serving(url, document)


@contextlib.contextmanager
def another(environment: Mapping[str, str]) -> Iterator[str]:
    """The address of a control plane on what is in the database already."""
    with _running("flagforge.serve", environment, "FLAGFORGE_PORT") as url:
        yield url


@contextlib.contextmanager
def relaying(upstream: Serving) -> Iterator[str]:
    """The address of a relay that follows the control plane."""
    variables = {"FLAGFORGE_RELAY_KEY": upstream.document["relay_key"], "FLAGFORGE_RELAY_UPSTREAM": upstream.url}
    with _running("evaluation.relay", variables, "FLAGFORGE_RELAY_PORT") as url:
        yield url


@contextlib.contextmanager
def in_production(folder: str) -> Iterator[Mapping[str, str]]:
    """The variables of a control plane on a private PostgreSQL and Redis."""
    with private_services() as services:
        yield {
            "FLAGFORGE_DATA": folder,
            "DATABASE_URL": services.environment[DATABASE_VARIABLE],
            "REDIS_URL": services.environment[REDIS_VARIABLE],
        }


@contextlib.contextmanager
def _running(module: str, environment: Mapping[str, str], port_variable: str) -> Iterator[str]:
    with running(module, environment, port_variable) as (url, _):
        yield url


@contextlib.contextmanager
def running(module: str, environment: Mapping[str, str], port_variable: str) -> Iterator[tuple[str, int]]:
    """The address and the process id of one that serves."""
    port = free_port()
    with started(["-m", module], {**environment, port_variable: str(port)}) as pid:
        _wait(f"http://{HOST}:{port}/readyz")
        yield f"http://{HOST}:{port}", pid


@contextlib.contextmanager
def working(environment: Mapping[str, str]) -> Iterator[int]:
    """The process id of a worker with its timetable."""
    schedule = Path(environment["FLAGFORGE_DATA"]) / "beat-schedule"
    with started([*WORKER, "--schedule", str(schedule)], environment) as pid:
        yield pid


@contextlib.contextmanager
def started(words: Sequence[str], environment: Mapping[str, str]) -> Iterator[int]:
    """The id of a process that is ended at the end."""
    whole = {**os.environ, **environment, "FLAGFORGE_LOG_LEVEL": "ERROR"}
    process = subprocess.Popen([sys.executable, *words], env=whole)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(address: str) -> None:
    for _ in range(300):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(address).status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(f"{address} did not answer")
