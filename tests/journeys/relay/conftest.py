"""Relays as processes of their own, beside a control plane on the test's database."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from evaluation.manifest import sign
from flags import services as flag_services
from flags.models import Flag
from script.places import free_port
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Project
from tests.journeys.conftest import Serve, Server


@dataclass
class RelayProcess:
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, path: str, key: str = "") -> httpx.Response:
        return httpx.get(self.url + path, headers={"X-API-Key": key} if key else {}, timeout=5)

    def status(self) -> dict[str, Any]:
        document: dict[str, Any] = self.ask("/status").json()
        return document


StartRelay = Callable[..., RelayProcess]


@pytest.fixture(autouse=True)
def change_at_once(settings: Any) -> None:
    """As in a server: the committing process drains, and signs with what this test's database holds."""
    settings.OUTBOX_NUDGE = True
    sign.forget_everything()


@pytest.fixture
def checkout(shop: Project, development: Environment, system: Actor) -> Flag:
    flag: Flag = flag_services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system).thing
    return flag


@pytest.fixture
def toggle(checkout: Flag, development: Environment, system: Actor) -> Callable[[bool], None]:
    def switch(enabled: bool) -> None:
        flag_services.toggle_flag(checkout, development, enabled=enabled, actor=system)

    return switch


@pytest.fixture
def server_key(development: Environment, system: Actor) -> str:
    return services.create_api_key(kind="server", scope=development, name="shop", actor=system)[1]


@pytest.fixture
def relay_key(shop: Project, system: Actor) -> str:
    return services.create_api_key(kind="relay", scope=shop, name="edge", actor=system)[1]


@pytest.fixture
def control_plane(checkout: Flag, server_key: str, relay_key: str, serve: Serve) -> Server:
    return serve()


@pytest.fixture
def start_relay(relay_key: str, tmp_path: Path) -> Iterator[StartRelay]:
    """Starts a relay on the same folder each time; all of them are ended with the test."""
    started: list[RelayProcess] = []

    def start(
        upstream: str,
        *more: str,
        key: str = relay_key,
        store: str = "relay",
        variables: Mapping[str, str] | None = None,
    ) -> RelayProcess:
        port = free_port()
        log = tmp_path / f"relay-{len(started)}.log"
        options = ("--upstream", upstream, "--port", str(port), "--store", str(tmp_path / store), *more)
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "evaluation.relay", *options],
                env={**os.environ, "FLAGFORGE_RELAY_KEY": key, **(variables or {})},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        started.append(RelayProcess(f"http://127.0.0.1:{port}", process, log))
        until(lambda: started[-1].ask("/readyz").status_code == 200, 30, log)
        return started[-1]

    yield start
    for relay in started:
        relay.process.terminate()
    for relay in started:
        relay.process.wait(10)


def until(is_so: Callable[[], bool], seconds: float, log: Path | None = None) -> float:
    """How long it took until it was so."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        try:
            if is_so():
                return time.monotonic() - begun
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s:\n{log.read_text() if log else ''}")


def is_on(relay: RelayProcess, key: str) -> bool:
    answer = relay.ask("/api/v1/sdk/flags/checkout", key)
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["value"])
