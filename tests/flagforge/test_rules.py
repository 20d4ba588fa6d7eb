"""Prometheus' own tool reads the rules, and alerts come when they should: not before, and not of other things."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "deploy/prometheus/rules").glob("*.yml"))
PROMTOOL = shutil.which("promtool")
pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="needs Prometheus; script/test gets it")
ANSWERS = 'flagforge_requests_total{door="flags", status="%s", instance="a"}'
RELAYED = 'flagforge_relay_requests_total{door="ofrep_flag", status="%s", instance="b"}'
WORKERS = 'flagforge_processes{kind="worker", state="running"}'
# What is scraped once a minute, for how long, which alert, and whether it fires then.
STORIES: dict[str, tuple[dict[str, str], str, str, bool]] = {
    "a change waits": ({"flagforge_outbox_oldest_seconds": "0+60x10"}, "5m", "FlagForgeChangesWait", True),
    "a change is told soon": ({"flagforge_outbox_oldest_seconds": "5x10"}, "10m", "FlagForgeChangesWait", False),
    "the worker ends": ({WORKERS: "1 1 0x10"}, "5m", "FlagForgeNoWorker", True),
    "a worker restarts": ({WORKERS: "1 1 0 1x10"}, "4m", "FlagForgeNoWorker", False),
    "publishing fails": (
        {'flagforge_publications_total{outcome="failed"}': "0 0 1x10"},
        "4m",
        "FlagForgePublishingFails",
        True,
    ),
    "a relay is alone": (
        {'flagforge_relay_upstream_connected{instance="b"}': "1 0x9"},
        "5m",
        "FlagForgeRelayAlone",
        True,
    ),
    "Redis is away": ({'flagforge_redis_breaker_open{instance="a"}': "1x9"}, "3m", "FlagForgeRedisLeftAlone", True),
    "the database is away": ({"flagforge_database_up": "1 0x9"}, "4m", "FlagForgeDatabaseAway", True),
    "no backup for two days": ({"flagforge_backup_age_seconds": "172800x3"}, "2m", "FlagForgeBackupMissed", True),
    "a backup of tonight": ({"flagforge_backup_age_seconds": "50000x3"}, "2m", "FlagForgeBackupMissed", False),
    "a fiftieth fails": (
        {ANSWERS % 200: "0+980x70", ANSWERS % 503: "0+20x70", RELAYED % 200: "0+10x70"},
        "65m",
        "FlagForgeErrorBudgetBurnsFast",
        True,
    ),
    "it failed, and is over": (
        {ANSWERS % 200: "0+980x70", ANSWERS % 503: "0+40x40 1600x50"},
        "60m",
        "FlagForgeErrorBudgetBurnsFast",
        False,
    ),
    "a hundredth fails for hours": (
        {RELAYED % 200: "0+990x50", RELAYED % 500: "0+10x50"},
        "45m",
        "FlagForgeErrorBudgetBurns",
        True,
    ),
    "one in ten thousand fails": (
        {ANSWERS % 200: "0+9999x50", ANSWERS % 500: "0+1x50"},
        "45m",
        "FlagForgeErrorBudgetBurns",
        False,
    ),
    "nobody asks": ({ANSWERS % 200: "7x70"}, "65m", "FlagForgeErrorBudgetBurnsFast", False),
}


def test_the_rules_are_well_formed_and_alerts_come_when_they_should(tmp_path: Path) -> None:
    stories = [_story(tmp_path, name, *story) for name, story in STORIES.items()]
    file = tmp_path / "stories.yml"
    file.write_text(json.dumps({"rule_files": list(map(str, RULES)), "evaluation_interval": "1m", "tests": stories}))

    _promtool("check", "rules", *map(str, RULES))
    _promtool("test", "rules", str(file))


def _story(folder: Path, name: str, series: dict[str, str], at: str, alert: str, fires: bool) -> dict[str, Any]:
    """What an alert says is no matter of these; that it stands at all is asked by its name."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}", alertstate="firing"}}) or vector(0)',
                "eval_time": at,
                "exp_samples": [{"labels": "{}", "value": int(fires)}],
            }
        ],
    }


def _promtool(*arguments: str) -> None:
    done = subprocess.run([str(PROMTOOL), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_says_how_urgent_it_is_and_what_to_do() -> None:
    page = (ROOT / "docs/observability.md").read_text()
    alerts = re.split(r"\n      - alert: ", RULES[0].read_text())[1:]

    assert all(re.search(r"severity: (page|ticket) }", alert) for alert in alerts)
    assert all("summary: " in alert and "description: " in alert for alert in alerts)
    assert f"{len(alerts)} alerts" in page
