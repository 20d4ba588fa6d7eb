"""Applications with the SDK for JavaScript, each a process of its own, before a control plane and a relay."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from evaluation.manifest import sign
from flags.dashboard.visitors import VISITORS
from script.places import free_port
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey
from tenants.services import revoke_api_key
from tests.conftest import AtOnce
from tests.journeys.conftest import Serve, Server, Toggle, surroundings
from tests.npm import runtimes

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
WAYS = [
    pytest.param({"kind": "remote", "mode": "streaming"}, id="values by a stream"),
    pytest.param({"kind": "remote", "mode": "long-polling"}, id="values by long polls"),
    pytest.param({"kind": "remote", "mode": "polling", "timing": {"pollMs": 200}}, id="values by polls"),
    pytest.param({"kind": "local", "mode": "streaming"}, id="rules by a stream"),
    pytest.param({"kind": "local", "mode": "long-polling"}, id="rules by long polls"),
    pytest.param({"kind": "local", "mode": "polling", "timing": {"pollMs": 200}}, id="rules by polls"),
]
Start = Callable[..., "Application"]

pytestmark = pytest.mark.timeout(600)  # the first of all tests with the SDK builds it


@dataclass
class Application:
    """A process that says what it sees."""

    process: subprocess.Popen[str]
    lines: "queue.Queue[str]" = field(default_factory=queue.Queue)

    def listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def until(self, **members: Any) -> dict[str, Any]:
        """The first thing it says that has these members."""
        heard = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                heard.append(json.loads(self.lines.get(timeout=0.5)))
            except queue.Empty:
                continue
            if all(heard[-1].get(name) == value for name, value in members.items()):
                return heard[-1]  # type: ignore[no-any-return]  # what json gives back
        raise AssertionError(f"not {members} but {heard}")

    def told(self, deed: str, given: Any = None) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"deed": deed, "given": given}) + "\n")
        self.process.stdin.flush()

    def asked(self, deed: str, event: str, given: Any = None) -> dict[str, Any]:
        self.told(deed, given)
        return self.until(event=event)


@pytest.fixture(autouse=True)
def signing_keys() -> None:
    """Signs with what this test's database holds."""
    sign.forget_everything()


@pytest.fixture
def servers(demo: dict[str, Any], serve: Serve) -> list[Server]:
    """Of this test alone: an SDK refuses keys that come out of nowhere, as with another test's database."""
    return [serve() for _ in range(2 if connection.vendor == "postgresql" else 1)]


@pytest.fixture
def start(javascript_sdk: Path, demo: dict[str, Any], servers: list[Server], tmp_path: Path) -> Iterator[Start]:
    """Starts an application in production; all of them are ended with the test."""
    folder = tmp_path / "application"
    (folder / "node_modules/@flagforge").mkdir(parents=True)
    (folder / "node_modules/@flagforge/sdk").symlink_to(javascript_sdk)
    (folder / "application.mjs").write_text((Path(__file__).parent / "application.mjs").read_text())
    keys = demo["environments"]["production"]
    started: list[Application] = []

    def run(kind: str, command: Sequence[str] = ("node", "application.mjs"), **options: Any) -> Application:
        key = keys["server_key"] if kind == "local" else keys["client_key"]
        given = {"kind": kind, "baseUrl": servers[0].url, "sdkKey": key, **options}
        process = subprocess.Popen(
            [*command, json.dumps(given)],
            cwd=folder,
            env=runtimes.surroundings(tmp_path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        application = Application(process)
        threading.Thread(target=application.listen, daemon=True).start()
        started.append(application)
        return application

    yield run
    for application in started:
        application.process.kill()
        application.process.communicate()


@pytest.mark.parametrize("way", WAYS)
def test_an_application_follows_a_toggle(way: dict[str, Any], start: Start, toggle: Toggle) -> None:
    application = start(**way)
    first = application.until(event="ready")

    toggle("new-checkout", False)

    changed = application.until(event="change", value=False)
    assert (first["value"], first["reason"], first["status"]) == (True, "SPLIT", "live")
    assert changed["mode"] == way["mode"]
    assert changed["version"] > first["version"]


@pytest.fixture(params=runtimes.HABITS)
def runtime(request: pytest.FixtureRequest) -> runtimes.Runtime:
    return runtimes.found_or_skip(request.param)


@pytest.mark.parametrize("kind", ["remote", "local"])
def test_in_every_runtime_an_application_follows_a_toggle(
    kind: str, runtime: runtimes.Runtime, start: Start, toggle: Toggle
) -> None:
    application = start(kind, runtime.runs("application.mjs"))
    first = application.until(event="ready")

    toggle("new-checkout", False)

    changed = application.until(event="change", value=False)
    assert (first["value"], first["reason"], first["status"]) == (True, "SPLIT", "live")
    assert changed["mode"] == "streaming"


def test_local_answers_are_the_servers_for_every_visitor(
    start: Start, servers: list[Server], demo: dict[str, Any]
) -> None:
    application = start("local")
    application.until(event="ready")
    headers = {"X-API-Key": demo["environments"]["production"]["server_key"]}

    for visitor in VISITORS:
        context = json.loads(visitor.context_json)
        told = application.asked("all", "all", context)["flags"]
        answer = httpx.post(f"{servers[0].url}/api/v1/sdk/flags", json={"context": context}, headers=headers).json()
        assert {key: as_entry(details) for key, details in told.items()} == answer["flags"]


def as_entry(details: dict[str, Any]) -> dict[str, Any]:
    """Details as the SDK API writes an answer; what is for people (the words of an error) stays."""
    members = ["value", "version", "metadata"]
    kept = {name: details[name] for name in members if name in details}
    if "errorCode" in details:
        return {**kept, "errorCode": details["errorCode"], "errorDetails": details["errorMessage"]}
    return {**kept, "variant": details["variant"], "reason": details["reason"]}


@pytest.fixture
def relay(demo: dict[str, Any], servers: list[Server], tmp_path: Path) -> Iterator[str]:
    """The address of a relay before the control plane."""
    port = free_port()
    options = ("--upstream", servers[0].url, "--port", str(port), "--store", str(tmp_path / "relay"))
    process = subprocess.Popen(
        [sys.executable, "-m", "evaluation.relay", *options],
        cwd=ROOT,
        env={**os.environ, "FLAGFORGE_RELAY_KEY": demo["relay_key"]},
    )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@pytest.mark.parametrize("kind", ["remote", "local"])
def test_behind_a_relay_an_application_hears_the_same(kind: str, start: Start, relay: str, toggle: Toggle) -> None:
    application = start(kind, baseUrl=relay)
    application.until(value=True, status="live")

    toggle("new-checkout", False)

    application.until(event="change", value=False)


@pytest.mark.parametrize("kind", ["remote", "local"])
def test_every_outage_leaves_the_answers_alone(
    kind: str, start: Start, servers: list[Server], toggle: Toggle, tmp_path: Path
) -> None:
    application = start(kind)
    application.until(event="ready", value=True)
    servers[0].process.kill()
    servers[0].process.wait(10)

    application.until(event="status", status="stale", value=True)
    evaluated = application.asked("evaluate", "evaluated", 100_000)
    toggle("new-checkout", False)
    again = restarted(servers[0], tmp_path)

    try:
        application.until(status="live", value=False)
    finally:
        again.terminate()
        again.wait(10)
    assert evaluated["cache"]["stale"] >= 100_000
    assert evaluated["slowest"] < 1000


def restarted(server: Server, data: Path) -> subprocess.Popen[bytes]:
    port = server.url.rpartition(":")[2]
    environment = {**surroundings(), "FLAGFORGE_PORT": port, "FLAGFORGE_DATA": str(data), "PYTHONPATH": os.curdir}
    return subprocess.Popen([sys.executable, "-m", "flagforge.serve"], cwd=ROOT, env=environment)


def test_a_stored_state_serves_a_start_while_the_control_plane_is_away(
    start: Start, servers: list[Server], tmp_path: Path
) -> None:
    file = str(tmp_path / "flags.json")
    first = start("local", file=file)
    first.until(event="ready", value=True)
    first.told("close")
    first.process.wait(10)
    servers[0].process.kill()
    servers[0].process.wait(10)

    with_state, without = start("local", file=file), start("local")

    assert with_state.until(event="ready")["value"] is True
    with_state.until(status="stale", value=True)
    assert without.asked("say", "said")["reason"] == "PROVIDER_NOT_READY"


@pytest.mark.parametrize("kind", ["remote", "local"])
def test_a_revoked_key_is_told_and_the_answers_stay(
    kind: str, start: Start, demo: dict[str, Any], at_once: AtOnce
) -> None:
    application = start(kind)
    application.until(event="ready", value=True)
    keys = demo["environments"]["production"]
    secret = keys["server_key"] if kind == "local" else keys["client_key"]
    key = ApiKey.objects.get(sha256=sha256_of(secret))

    at_once(lambda: revoke_api_key(key, actor=Actor.system("test")))

    application.until(event="status", status="refused", value=True)


def test_rotations_of_the_signing_keys_are_followed_and_a_key_out_of_nowhere_is_not(
    start: Start, servers: list[Server], toggle: Toggle, at_once: AtOnce, tmp_path: Path
) -> None:
    file = str(tmp_path / "flags.json")
    application = start("local", file=file)
    application.until(event="ready", value=True)

    for enabled in (False, True):
        at_once(sign.rotate)
        toggle("new-checkout", enabled)
        application.until(event="change", value=enabled)
    (kid,) = at_once(lambda: sign.rotate(keep_previous=False))
    wait_until_shown(str(kid), servers)
    toggle("new-checkout", False)

    refused = application.until(event="status", status="stale")
    assert (refused["value"], refused["strangers"] > 0) == (True, True), refused
    restarted, newcomer = start("local", file=file), start("local")
    assert newcomer.until(event="ready")["value"] is False
    assert restarted.until(event="ready")["value"] is True


def wait_until_shown(kid: str, servers: list[Server]) -> None:
    """All processes have heard of the signing key."""
    deadline = time.monotonic() + PATIENCE
    while not all(kid in httpx.get(f"{server.url}/.well-known/flagforge/jwks.json").text for server in servers):
        assert time.monotonic() < deadline
        time.sleep(0.1)
