"""Deliveries survive a worker that is killed in the middle of a request, and a Redis that is started anew."""

import ipaddress
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from script.places import HOST, Places, free_port
from script.processes import signal_group
from script.programs import programs
from tenants import services
from tenants.actors import Actor
from tenants.models import Organization, Webhook, WebhookDelivery
from tests.journeys.conftest import surroundings
from tests.journeys.faults.servers import Redis
from tests.tenants.webhooks.endpoint import Endpoint, an_endpoint, hangs, says

SECONDS = 60


class Worker:
    """A real Celery worker with its beat and a broker of its own, which the operator lets into this machine's network."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        places = Places(HOST, free_port(), free_port(), folder)
        program = next(program for program in programs(places) if program.name == "worker")
        own = {"REDIS_URL": redis_url, "FLAGFORGE_WEBHOOK_NETWORKS": "127.0.0.0/8"}
        self.environment = {**surroundings(), **program.environment, **own}
        self.command, self.log = program.command, folder / "worker.log"

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        signal_group(self.process.pid, number)
        self.process.wait(20)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    redis = Redis(tmp_path)
    yield redis
    if redis.is_running:
        redis.kill()


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path, redis: Redis) -> Iterator[Worker]:
    worker = Worker(tmp_path, f"redis://{HOST}:{redis.port}/0")
    worker.start()
    yield worker
    worker.kill(signal.SIGTERM)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with an_endpoint(says(200)) as endpoint:
        yield endpoint


def test_nothing_is_lost_when_a_worker_dies_in_the_middle_and_redis_forgets_everything(
    acme: Organization, system: Actor, worker: Worker, redis: Redis, endpoint: Endpoint, settings: Any
) -> None:
    settings.WEBHOOK_NETWORKS = (ipaddress.ip_network("127.0.0.0/8"),)
    endpoint.behave = hangs
    services.create_webhook(scope=acme, name="CI", url=endpoint.url(), events=["team.created"], actor=system)
    services.create_team(acme, key="first", name="First", actor=system)
    until(lambda: len(endpoint.received) == 1, worker)
    worker.kill()
    endpoint.behave = says(200)
    assert WebhookDelivery.objects.get().state == "waiting"

    Webhook.objects.update(busy_until=timezone.now())  # the time of the dead one is over
    worker.start()
    until(lambda: WebhookDelivery.objects.get().state == "delivered", worker)
    redis.kill()
    services.create_team(acme, key="second", name="Second", actor=system)
    redis.start()
    until(lambda: WebhookDelivery.objects.filter(state="delivered").count() == 2, worker)

    names = [json.loads(one.body)["data"]["object"]["name"] for one in endpoint.received]
    assert names == ["First", "First", "Second"]
    assert endpoint.ids[0] == endpoint.ids[1] != endpoint.ids[2]


def until(is_so: Callable[[], bool], worker: Worker) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert worker.process.poll() is None, worker.log.read_text()
        assert time.monotonic() < deadline, worker.log.read_text()
        time.sleep(0.05)
