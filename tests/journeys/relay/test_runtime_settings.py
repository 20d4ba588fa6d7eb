"""A runtime setting is in force in a control plane, a worker and a relay that run, within five seconds of its change."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from script.programs import PYTHON, WORKER
from tenants import services
from tenants.actors import Actor
from tenants.models import Process
from tests.journeys.conftest import Server, surroundings
from tests.journeys.relay.conftest import StartRelay, is_on, until

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 5.0


@contextmanager
def a_worker(folder: Path) -> Iterator[Path]:
    """Its log."""
    log = folder / "worker.log"
    variables = {**surroundings(), "FLAGFORGE_DATA": str(folder), "FLAGFORGE_LOG_LEVEL": "INFO"}
    command = [PYTHON, *WORKER, "--schedule", str(folder / "beat-schedule")]
    with log.open("w") as said, subprocess.Popen(command, env=variables, stdout=said, stderr=said) as process:
        try:
            yield log
        finally:
            process.terminate()


def test_all_processes_follow_within_five_seconds(
    control_plane: Server, start_relay: StartRelay, server_key: str, system: Actor, tmp_path: Path
) -> None:
    relay = start_relay(control_plane.url)
    is_on(relay, server_key)
    with a_worker(tmp_path) as log:
        until(lambda: _is_there("worker"), 60, log)

        services.change_runtime_settings(
            {"maintenance": True, "log_level": "DEBUG", "limits.sdk_requests_per_second": 1}, actor=system
        )
        began = time.monotonic()
        until(lambda: httpx.post(f"{control_plane.url}/organizations/").status_code == 503, SECONDS, control_plane.log)
        until(lambda: "in force: limits.sdk_requests_per_second, log_level" in log.read_text(), SECONDS, log)
        until(lambda: "logs at DEBUG, as upstream tells" in relay.log.read_text(), SECONDS, relay.log)
        until(lambda: 429 in [relay.ask("/api/v1/sdk/flags", server_key).status_code for _ in range(4)], SECONDS)
        assert time.monotonic() - began < SECONDS

        services.change_runtime_settings({"maintenance": None, "log_level": None}, actor=system)
        until(lambda: httpx.post(f"{control_plane.url}/organizations/").status_code != 503, SECONDS, control_plane.log)
        until(lambda: "logs at INFO, as the environment says" in relay.log.read_text(), SECONDS, relay.log)


def _is_there(kind: str) -> bool:
    return bool(Process.objects.filter(kind=kind).exists())
