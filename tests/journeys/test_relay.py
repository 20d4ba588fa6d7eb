"""A relay beside a control plane, each a process of its own: it follows, it goes on alone, and it starts from disk."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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
from tenants.keys import sha256_of
from tenants.models import ApiKey, Environment, Project
from tests.journeys.conftest import Serve, Server

SECOND = 1.0


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


StartRelay = Callable[[str], RelayProcess]


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

    def start(upstream: str) -> RelayProcess:
        port = free_port()
        log = tmp_path / f"relay-{len(started)}.log"
        options = ("--upstream", upstream, "--port", str(port), "--store", str(tmp_path / "relay"))
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "evaluation.relay", *options],
                env={**os.environ, "FLAGFORGE_RELAY_KEY": relay_key},
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


def test_a_relay_follows_a_toggle_in_under_a_second(
    control_plane: Server, start_relay: StartRelay, server_key: str, toggle: Callable[[bool], None]
) -> None:
    relay = start_relay(control_plane.url)
    assert not is_on(relay, server_key)

    toggle(True)

    assert until(lambda: is_on(relay, server_key), 5, relay.log) < SECOND
    assert relay.status()["status"] == "healthy"


def test_without_the_control_plane_a_relay_serves_on_and_a_new_one_starts_from_disk(
    control_plane: Server, start_relay: StartRelay, server_key: str, toggle: Callable[[bool], None]
) -> None:
    relay = start_relay(control_plane.url)
    toggle(True)
    until(lambda: is_on(relay, server_key), 5, relay.log)

    control_plane.process.kill()
    control_plane.process.wait(10)

    until(lambda: relay.status()["status"] == "degraded", 10, relay.log)
    assert is_on(relay, server_key)
    assert {relay.ask(path).status_code for path in ("/livez", "/readyz")} == {200}

    relay.process.kill()
    relay.process.wait(10)
    again = start_relay(control_plane.url)

    assert is_on(again, server_key)
    assert again.status()["upstream"]["connected"] is False
    assert again.ask("/api/v1/sdk/flags", f"ff_server_{'x' * 43}").status_code == 401


def test_a_revoked_key_loses_its_stream_and_opens_nothing_within_two_seconds(
    control_plane: Server, start_relay: StartRelay, server_key: str, system: Actor
) -> None:
    relay = start_relay(control_plane.url)
    with ExitStack() as stack:
        headers = {"X-API-Key": server_key}
        stream = stack.enter_context(httpx.stream("GET", f"{relay.url}/api/v1/sdk/stream", headers=headers, timeout=10))
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: put"

        services.revoke_api_key(ApiKey.objects.get(sha256=sha256_of(server_key)), actor=system)
        revoked = time.monotonic()
        goodbye = next(line for line in lines if "key-revoked" in line)

        assert json.loads(goodbye.removeprefix("data: "))["reason"] == "key-revoked"
        assert relay.ask("/api/v1/sdk/flags", server_key).status_code == 401
        assert time.monotonic() - revoked < 2 * SECOND


def test_a_relay_that_is_told_to_stop_sends_its_streams_away(
    control_plane: Server, start_relay: StartRelay, server_key: str
) -> None:
    relay = start_relay(control_plane.url)
    headers = {"X-API-Key": server_key}
    with httpx.stream("GET", f"{relay.url}/api/v1/sdk/stream", headers=headers, timeout=10) as stream:
        lines = stream.iter_lines()
        next(line for line in lines if line.startswith("data:"))

        relay.process.send_signal(signal.SIGTERM)
        rest = list(lines)

    assert "event: bye" in rest
    assert relay.process.wait(10) == 0
