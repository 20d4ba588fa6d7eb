"""An experiment shows the better variant. Then that begins to fail: its guardrail turns it off everywhere within seconds.

A dry run beside it only says so.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from analytics.guardrails.services import create_guardrail
from analytics.models import Enrolment, Guardrail, Outcome
from evaluation.convergence.flags import reach_of_flag
from evaluation.convergence.reading import SEARCHED, convergence_of
from flags.models import Flag, FlagConfig
from flags.services import create_flag, put_config
from script.places import HOST, Places, free_port
from script.processes import signal_group
from script.programs import programs
from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Mail, Project, User
from tenants.roles import Role
from tests.journeys.conftest import Serve, Server, surroundings
from tests.journeys.failing_application import BUYERS, SOLD

ROOT = Path(__file__).resolve().parents[2]
# What a busy machine may take from the first failure until everybody has the kill. Quiet ones take six.
MOST_SECONDS = 60.0
RULE = {"name": "Checkout fails", "source": "errors", "variant": "on", "budget": 0.05}

pytestmark = pytest.mark.timeout(400)


class Program:
    """A process of its own, whose log lies in the folder."""

    def __init__(self, command: list[str], variables: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                start_new_session=True,
            )

    def say(self, line: str = "") -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def end(self) -> None:
        signal_group(self._process.pid, signal.SIGTERM)
        self._process.communicate(timeout=20)


Begin = Callable[..., Program]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    begun: list[Program] = []

    def start(name: str, command: list[str], variables: dict[str, str]) -> Program:
        begun.append(Program(command, variables, tmp_path / f"{name}.log"))
        return begun[-1]

    yield start
    for program in reversed(begun):
        program.end()


@pytest.fixture
def control(serve: Serve) -> Server:
    return serve()


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path, begin: Begin) -> Program:
    places = Places(HOST, free_port(), free_port(), tmp_path)
    program = next(program for program in programs(places) if program.name == "worker")
    return begin("worker", program.command, {**surroundings(), **program.environment})


@pytest.fixture
def relay(control: Server, shop: Project, system: Actor, begin: Begin, tmp_path: Path) -> str:
    port = free_port()
    secret = services.create_api_key(kind="relay", scope=shop, name="edge", actor=system)[1]
    variables = {**os.environ, "FLAGFORGE_RELAY_KEY": secret, "FLAGFORGE_RELAY_UPSTREAM": control.url}
    begin("relay", [sys.executable, "-m", "evaluation.relay", "--port", str(port)], variables)
    url = f"http://{HOST}:{port}"
    until(lambda: is_ready(url), "the relay is not ready")
    return url


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def until(is_so: Callable[[], bool], otherwise: str, seconds: float = MOST_SECONDS) -> float:
    """The moment, by the wall clock, in which it became so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
    return time.time()


def is_effective(flag: Flag, environment: Environment, *, enabled: bool = False) -> bool:
    """As the management API answers it: everybody that is connected, and the relay, has the state that was saved last."""
    convergence = convergence_of(environment, now=timezone.now(), searched=SEARCHED)
    reach = reach_of_flag(flag, environment, convergence)
    return bool(reach.enabled is enabled and reach.is_effective)


def counted(guardrail: Guardrail) -> int:
    return sum(guardrail.points.values_list("trials", flat=True))


@pytest.fixture
def api(control: Server, shop: Project, system: Actor) -> Iterator[httpx.Client]:
    """The management API of the project, over a socket, with an admin's token."""
    acme = shop.organization
    secret = services.create_api_key(kind="token", scope=acme, name="ci", role=Role.ADMIN, actor=system)[1]
    base = f"{control.url}/api/v1/organizations/{acme.slug}/projects/{shop.key}/"
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {secret}"}, timeout=MOST_SECONDS) as client:
        yield client


def started(api: httpx.Client) -> None:
    """An experiment of halves, measured by who buys something."""
    half = {"control": "off", "weights": {"off": 50, "on": 50}, "primary_metric": "purchases"}
    where = {"key": "cta", "flag": "checkout", "environment": "development"}
    for path, body in (
        ("metrics/", {"key": "purchases", "kind": "conversion", "event": "purchase"}),
        ("experiments/", where | half),
        ("experiments/cta/start", {}),
    ):
        answer = api.post(path, json=body)
        assert answer.is_success, answer.text


def results_of(api: httpx.Client) -> Any:
    """As they are once it was stopped; None before."""
    results = api.get("experiments/cta/results").json()["results"]
    return results if results and results["stopped_at"] else None


def test_an_experiment_shows_the_winner_and_once_that_fails_it_is_turned_off_everywhere_within_seconds(
    shop: Project,
    development: Environment,
    bob: User,
    system: Actor,
    control: Server,
    api: httpx.Client,
    worker: Program,
    relay: str,
    begin: Begin,
    capsys: pytest.CaptureFixture[str],
) -> None:
    begun = time.monotonic()
    flag = create_flag(shop, {"key": "checkout"}, actor=system).thing
    put_config(flag, development, {"enabled": True}, actor=system)
    started(api)
    server_key = services.create_api_key(kind="server", scope=development, name="shop", actor=system)[1]
    command = [sys.executable, "-m", "tests.journeys.failing_application", relay, server_key]
    application = begin("application", command, {**os.environ})
    until(lambda: is_effective(flag, development, enabled=True), "the relay has not the experiment")

    sold = application.say("sell")["sold"]
    until(lambda: Enrolment.objects.count() == BUYERS, "not everybody is enrolled", 150)
    until(lambda: Outcome.objects.count() == sold, "not everything that was sold is counted", 150)
    assert api.post("experiments/cta/stop", json={}).is_success
    until(lambda: results_of(api) is not None, "nothing was worked out", 150)
    results = results_of(api)
    decided = time.monotonic() - begun

    truth = SOLD[True] - SOLD[False]
    assert sum(results["subjects"].values()) == BUYERS
    (purchases,) = results["metrics"]
    (difference,) = [row["difference"] for row in purchases["variants"] if row["variant"] == "on"]
    shown = difference["sequential"]
    assert difference["verdict"] == "better"
    assert 0 < shown["low"] < truth < shown["high"]

    guardrail = create_guardrail(flag, development, RULE | {"recipients": [bob.pk]}, actor=system)
    beside = create_guardrail(
        flag, development, RULE | {"name": "Tried", "is_dry_run": True, "budget": 0.04}, actor=system
    )
    assert application.say("open")["first_failure"] is None
    until(lambda: counted(guardrail) > 0, "nothing was counted", 150)
    assert application.say()["first_failure"] is None
    assert Guardrail.objects.filter(state="watching").count() == 2

    application.say("break")
    killed = until(lambda: not FlagConfig.objects.get(flag=flag).enabled, "it was not turned off")
    effective = until(lambda: is_effective(flag, development), "not everybody has it")
    failed = application.say()["first_failure"]

    with capsys.disabled():
        print(  # noqa: T201
            f"\n  {BUYERS:,} visitors, truth {truth:.3f}: shown {shown['value']:.3f}, from {shown['low']:.3f} to"
            f" {shown['high']:.3f}, after {decided:.1f} s"
            f"\n  first failing request to kill {killed - failed:.1f} s, to effective {effective - failed:.1f} s"
        )
    until(lambda: application.say()["served"] is False, "the application has it not")
    assert Guardrail.objects.get(pk=guardrail.pk).done == "killed"
    assert Guardrail.objects.get(pk=beside.pk).done in ("would_kill", "")
    event = AuditEvent.objects.get(verb="flag.killed")
    assert (event.actor_kind, event.actor_name) == ("system", "guardrail Checkout fails")
    assert AuditEvent.objects.get(verb="guardrail.breached").after["evidence"]["failures"] > 0
    assert AuditEvent.objects.filter(verb="guardrail.would_breach").count() <= 1
    assert Mail.objects.get(user=bob).subject == "checkout in development: turned off"
