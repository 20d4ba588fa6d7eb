"""What stands in rules and dashboards is what a control plane, a worker and a relay tell a real Prometheus."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flags.models import Flag
from script.places import HOST, free_port
from tests.journeys.conftest import Serve
from tests.journeys.relay.conftest import StartRelay
from tests.journeys.relay.watched import PROMETHEUS, ROOT, asked, names_at, prometheus, wait_until, worker

# What a part that is not here tells of, and what Prometheus itself does.
ELSEWHERE = {"flagforge_backup_age_seconds"}
OURS = re.compile(r"(?<![\w:\"])flagforge[a-z0-9_:]+|(?<=__name__=~\")[^\"]+")


@pytest.mark.skipif(PROMETHEUS is None, reason="needs Prometheus; script/test gets it")
def test_every_expression_of_rules_and_dashboards_asks_for_what_processes_tell(
    checkout: Flag,
    toggle: Callable[[bool], None],
    server_key: str,
    serve: Serve,
    start_relay: StartRelay,
    tmp_path: Path,
) -> None:
    ports = {f"flagforge-{name}": free_port() for name in ("web", "worker", "relay")}
    with worker(tmp_path, {"FLAGFORGE_METRICS_PORT": str(ports["flagforge-worker"])}) as log:
        web = serve(FLAGFORGE_METRICS_PORT=str(ports["flagforge-web"]))
        relay = start_relay(web.url, "--metrics-port", str(ports["flagforge-relay"]))
        for url in (web.url, relay.url):
            httpx.get(f"{url}/api/v1/sdk/flags", headers={"X-API-Key": server_key}).raise_for_status()
        toggle(True)
        at_worker = f"http://{HOST}:{ports['flagforge-worker']}/metrics"
        wait_until(lambda: "flagforge_tasks_total{" in httpx.get(at_worker).text, log)
        with prometheus(tmp_path, ports) as url:
            wait_until(lambda: asked(url, "flagforge:error_ratio:rate5m"), tmp_path / "prometheus.log")
            told = names_at(url)
            for where, expression in expressions():
                asked(url, expression)
                assert metrics_in(expression, told) - told - RECORDED - ELSEWHERE == set(), where
            assert {row["value"][1] for row in asked(url, "flagforge_processes{kind='worker',state='running'}")} == {
                "1"
            }


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
