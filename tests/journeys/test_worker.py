"""A real Celery worker with its beat does what nobody else did: the sweep is the guarantee."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from evaluation.models import ManifestHead
from flags import services as flag_services
from script.places import HOST, Places, free_port
from script.programs import programs
from tenants.actors import Actor
from tenants.models import Environment, OutboxEvent, Process, Project
from tests.journeys.conftest import surroundings

SECONDS_TO_START = 30


@pytest.fixture
def metrics_port() -> int:
    return free_port()


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path, metrics_port: int) -> Iterator[subprocess.Popen[bytes]]:
    places = Places(HOST, free_port(), free_port(), tmp_path)
    program = next(program for program in programs(places) if program.name == "worker")
    with (tmp_path / "worker.log").open("w") as log:
        environment = {**surroundings(), **program.environment, "FLAGFORGE_METRICS_PORT": str(metrics_port)}
        popen = subprocess.Popen(program.command, env=environment, stdout=log, stderr=log, start_new_session=True)
    yield popen
    popen.terminate()
    popen.wait(15)


def test_the_worker_publishes_what_no_process_drained(
    worker: subprocess.Popen[bytes], shop: Project, development: Environment, system: Actor, tmp_path: Path
) -> None:
    flag_services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system)

    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and OutboxEvent.objects.filter(processed_at__isnull=True).exists():
        assert worker.poll() is None, (tmp_path / "worker.log").read_text()
        time.sleep(0.1)

    assert ManifestHead.objects.filter(environment=development).exists(), (tmp_path / "worker.log").read_text()
    assert not OutboxEvent.objects.filter(processed_at__isnull=True).exists()


def test_the_worker_tells_of_its_tasks_and_publications_at_a_port_of_its_own(
    worker: subprocess.Popen[bytes], development: Environment, metrics_port: int
) -> None:
    _wait_for_version(development, 1, SECONDS_TO_START)

    found: dict[tuple[str, ...], float] = {}
    deadline = time.monotonic() + 10
    while ("flagforge_tasks_total", "done", "tenants.tasks.sweep_outbox") not in found:
        assert time.monotonic() < deadline
        page = httpx.get(f"http://{HOST}:{metrics_port}/metrics")
        found = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(page.text)
            for sample in family.samples
        }

    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert found["flagforge_publications_total", "published"] == found["flagforge_publish_seconds_count",] == 1
    assert found["flagforge_task_seconds_total", "tenants.tasks.sweep_outbox"] > 0
    assert found["flagforge_process_resident_memory_bytes",] > 1_000_000
    assert httpx.get(f"http://{HOST}:{metrics_port}/nowhere").status_code == 404


def test_the_worker_sweeps_within_two_seconds_once_it_runs(
    worker: subprocess.Popen[bytes], shop: Project, development: Environment, system: Actor
) -> None:
    _wait_for_version(development, 1, SECONDS_TO_START)

    flag_services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system)
    begun = time.monotonic()
    _wait_for_version(development, 2, 5)

    assert time.monotonic() - begun < 3


def test_the_worker_and_its_timetable_say_that_they_live_and_the_worker_says_goodbye(
    worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while {row.kind for row in Process.objects.all()} != {"timetable", "worker"}:
        assert time.monotonic() < deadline, (tmp_path / "worker.log").read_text()
        time.sleep(0.1)
    assert Process.objects.get(kind="worker").messages is not None

    worker.terminate()
    worker.wait(15)

    assert not Process.objects.filter(kind="worker").exists()


def _wait_for_version(environment: Environment, version: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ManifestHead.objects.filter(environment=environment, version__gte=version).exists():
        assert time.monotonic() < deadline, f"version {version} was not published in {seconds} s"
        time.sleep(0.05)
