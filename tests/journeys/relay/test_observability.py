"""One request through the logs of all processes; and rules and dashboards ask for what these tell a real Prometheus."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from django.test import Client

from evaluation.models import ManifestHead
from flags.models import Flag
from script.places import HOST, free_port
from tenants.actors import Actor
from tenants.models import Project
from tenants.roles import Role
from tenants.services import create_api_key
from tests.journeys.conftest import Serve, Server
from tests.journeys.relay.conftest import RelayProcess, StartRelay
from tests.journeys.relay.watched import PROMETHEUS, ROOT, asked, names_at, prometheus, wait_until, worker

# What is told once there has been a backup.
ELSEWHERE = {"flagforge_backup_age_seconds"}


class Installation(NamedTuple):
    """`worker` is its log; `ports` are those of metrics."""

    web: Server
    relay: RelayProcess
    worker: Path
    ports: dict[str, int]


OURS = re.compile(r"(?<![\w:\"])flagforge[a-z0-9_:]+|(?<=__name__=~\")[^\"]+")


@pytest.fixture
def installation(
    checkout: Flag, server_key: str, serve: Serve, start_relay: StartRelay, tmp_path: Path
) -> Iterator[Installation]:
    """Each process shows its metrics, and logs all that it can say as JSON."""
    ports = {f"flagforge-{name}": free_port() for name in ("web", "worker", "relay")}
    logged = {"FLAGFORGE_LOG_JSON": "1", "FLAGFORGE_LOG_LEVEL": "DEBUG"}
    with worker(tmp_path, {**logged, "FLAGFORGE_METRICS_PORT": str(ports["flagforge-worker"])}) as log:
        web = serve(**logged, FLAGFORGE_METRICS_PORT=str(ports["flagforge-web"]))
        relay = start_relay(web.url, "--metrics-port", str(ports["flagforge-relay"]), variables=logged)
        for url in (web.url, relay.url):
            httpx.get(f"{url}/api/v1/sdk/flags", headers={"X-API-Key": server_key}).raise_for_status()
        at_worker = f"http://{HOST}:{ports['flagforge-worker']}/metrics"
        wait_until(lambda: "flagforge_tasks_total{" in httpx.get(at_worker).text, log)
        yield Installation(web, relay, log, ports)


def test_an_installation_is_followed_and_watched(
    installation: Installation, shop: Project, tmp_path: Path, settings: Any
) -> None:
    settings.OUTBOX_NUDGE = False
    follow_a_change_into_the_worker(installation, shop)
    follow_a_question_through_the_relay(installation)
    if PROMETHEUS is None:
        pytest.skip("the rest needs Prometheus; script/test gets it")
    with prometheus(tmp_path, installation.ports) as url:
        every_expression_asks_for_what_processes_tell(url, tmp_path)


def follow_a_change_into_the_worker(installation: Installation, shop: Project) -> None:
    """This process takes the request and publishes nothing, so that the worker's sweep does."""
    token = create_api_key(kind="token", scope=shop, name="ci", role=Role.ADMIN, actor=Actor.system("test"))[1]
    client = Client(headers={"Authorization": f"Bearer {token}", "X-Request-Id": "followed-1"})
    address = "/api/v1/organizations/acme/projects/shop/flags/checkout/environments/development"
    answer = client.patch(address, {"enabled": True}, content_type="application/json")
    assert (answer.status_code, answer["X-Request-Id"]) == (200, "followed-1")

    wait_until(lambda: lines(installation.worker, "followed-1", "published"), installation.worker)

    (line,) = lines(installation.worker, "followed-1", "published")
    assert (line["task"], line["level"]) == ("tenants.tasks.sweep_outbox", "info")
    assert line["version"] == ManifestHead.objects.get(environment__key="development").version


def follow_a_question_through_the_relay(installation: Installation) -> None:
    """An unknown key makes the relay ask its upstream, in the name of whoever asks."""
    unknown = f"ff_server_{'u' * 43}"
    headers = {"X-API-Key": unknown, "X-Request-Id": "followed-2"}
    answer = httpx.get(f"{installation.relay.url}/api/v1/sdk/flags", headers=headers)
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (401, "followed-2")

    wait_until(lambda: lines(installation.web.log, "followed-2", "answered"), installation.web.log)

    assert [line["status"] for line in lines(installation.relay.log, "followed-2", "answered")] == [401]
    (asked_upstream,) = lines(installation.web.log, "followed-2", "answered")
    assert asked_upstream["path"].startswith("/api/v1/sdk/relay/keys/")
    assert unknown not in installation.web.log.read_text() + installation.relay.log.read_text()


def lines(log: Path, request_id: str, event: str) -> list[dict[str, Any]]:
    found = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{") and line.endswith("}"))
    return [line for line in found if (line.get("request_id"), line["event"]) == (request_id, event)]


def every_expression_asks_for_what_processes_tell(url: str, folder: Path) -> None:
    wait_until(lambda: asked(url, "flagforge:error_ratio:rate5m"), folder / "prometheus.log")
    told = names_at(url)
    for where, expression in expressions():
        asked(url, expression)
        assert metrics_in(expression, told) - told - RECORDED - ELSEWHERE == set(), where
    assert {row["value"][1] for row in asked(url, "flagforge_processes{kind='worker',state='running'}")} == {"1"}


def test_dashboards_lie_where_grafana_shows_them_without_a_click() -> None:
    boards = [json.loads(file.read_text()) for file in sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))]

    assert len({board["uid"] for board in boards}) == len(boards) == 4
    for board in boards:
        spots = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
        assert len(set(spots)) == len(spots), f"panels of {board['uid']} lie on each other"
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in board["panels"])
        assert board["templating"]["list"][0]["type"] == "datasource"


def expressions() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "deploy/prometheus/rules").glob("*.yml")):
        for line in re.findall(r"^ +expr: (.+)$", file.read_text(), re.MULTILINE):
            yield file.name, line[1:-1].replace("''", "'") if line.startswith("'") else line
    for file in sorted((ROOT / "deploy/grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield f"{file.name}: {panel['title']}", target["expr"]


def metrics_in(expression: str, told: set[str]) -> set[str]:
    """Names; of a pattern those that it means, and itself where it means less than two."""
    found: set[str] = set()
    for word in OURS.findall(expression):
        meant = {name for name in told if re.fullmatch(word, name)}
        found |= meant if len(meant) >= (2 if "(" in word else 1) else {word}
    return found


def recorded() -> set[str]:
    text = (ROOT / "deploy/prometheus/rules/recording.yml").read_text()
    return set(re.findall(r"record: (\S+)", text))


RECORDED: Any = recorded()
