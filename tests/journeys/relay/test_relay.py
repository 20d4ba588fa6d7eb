"""A relay beside a control plane, each a process of its own: it follows, it goes on alone, and it starts from disk."""

import json
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx

from tenants import services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey
from tests.journeys.conftest import SOON, Server
from tests.journeys.relay.conftest import RelayProcess, StartRelay, is_on, until


def test_a_relay_follows_a_toggle_soon(
    control_plane: Server, start_relay: StartRelay, server_key: str, toggle: Callable[[bool], None]
) -> None:
    relay = start_relay(control_plane.url)
    assert not is_on(relay, server_key)

    toggle(True)

    assert until(lambda: is_on(relay, server_key), 5, relay.log) < SOON
    assert relay.status()["status"] == "healthy"


def has_kept_what_it_serves(relay: RelayProcess) -> bool:
    """The store is written behind, a moment later."""
    status = relay.status()
    files = Path(status["store"]["folder"]).glob("*.manifest.json")
    kept = {json.loads(file.read_bytes())["version"] for file in files}
    return kept == {environment["version"] for environment in status["environments"]}


def test_without_the_control_plane_a_relay_serves_on_and_a_new_one_starts_from_disk(
    control_plane: Server, start_relay: StartRelay, server_key: str, toggle: Callable[[bool], None]
) -> None:
    relay = start_relay(control_plane.url)
    toggle(True)
    until(lambda: is_on(relay, server_key), 5, relay.log)
    until(lambda: has_kept_what_it_serves(relay), 10, relay.log)

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


def test_a_revoked_key_loses_its_stream_and_opens_nothing_soon(
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
        assert time.monotonic() - revoked < SOON


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
