"""Settings that are changed while everything runs: who may, what is allowed, what is written down, and from a file."""

import logging
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from flagforge.following import Follower
from tenants import audit, runtime, services
from tenants.actors import Actor
from tenants.limits import limit
from tenants.models import INSTANCE_CHAIN, AuditEvent, Organization, RuntimeSetting
from tenants.permissions import NotAllowed
from tenants.problems import Invalid

pytestmark = pytest.mark.django_db
change = services.change_runtime_settings


def told() -> list[tuple[str, Any, Any]]:
    events = AuditEvent.objects.filter(chain=INSTANCE_CHAIN, verb="runtime_setting.changed").order_by("position")
    return [(event.object_name, event.before["value"], event.after["value"]) for event in events]


def test_a_limit_holds_for_who_has_none_of_their_own_until_it_is_given_back(
    acme: Organization, system: Actor, settings: Any
) -> None:
    before = settings.LIMITS["projects"]

    change({"limits.projects": 3, "telemetry_days": 5}, actor=system, comment="too many")
    runtime.load()

    assert limit(acme, "projects") == 3
    acme.limits = {"projects": 7}
    assert limit(acme, "projects") == 7
    assert runtime.number("telemetry_days") == 5
    change({"limits.projects": None}, actor=system)
    runtime.load()
    assert runtime.number("limits.projects") == before
    assert told() == [("limits.projects", before, 3), ("telemetry_days", 14, 5), ("limits.projects", 3, before)]
    assert audit.verify(INSTANCE_CHAIN).is_intact


def test_what_is_not_allowed_is_refused_whole_and_by_name(system: Actor) -> None:
    wrong = {"limts.projects": 1, "log_level": "LOUD", "maintenance": "yes", "limits.rules_per_flag": 201}
    wrong |= {"attribute_days": 14, "maintenance_reason": "x" * 201, "limits.members": True}

    with pytest.raises(Invalid) as refused:
        change({**wrong, "experiment_days": 20}, actor=system)

    assert {fault.path for fault in refused.value.faults} == wrong.keys()
    assert "did you mean limits.projects?" in refused.value.faults[0].message
    assert not RuntimeSetting.objects.exists()
    assert told() == []


def test_no_role_of_an_organization_may_change_them(as_alice: Actor) -> None:
    with pytest.raises(NotAllowed, match="whoever runs this server"):
        change({"log_level": "DEBUG"}, actor=as_alice)


def test_what_is_as_it_was_is_not_written_down_again(system: Actor) -> None:
    change({"log_level": "DEBUG"}, actor=system)

    assert change({"log_level": "DEBUG", "experiment_days": 90}, actor=system) == {}
    assert len(told()) == 1


def test_the_log_level_follows_and_asking_costs_no_query(system: Actor) -> None:
    change({"log_level": "DEBUG"}, actor=system)
    try:
        runtime.load()
        assert logging.getLogger().level == logging.DEBUG
        with CaptureQueriesContext(
            connection,
        ) as queries:
            runtime.value("log_level")
        assert len(queries) == 0
    finally:
        runtime.forget_everything()
    assert logging.getLogger().level == logging.INFO


def test_while_the_database_is_away_what_was_known_stays(
    system: Actor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change({"limits.members": 5}, actor=system)
    follower = Follower()
    follower._look()
    monkeypatch.setattr(RuntimeSetting.objects, "values_list", _away)

    follower._look()
    follower._look()

    assert runtime.number("limits.members") == 5
    assert caplog.text.count("those known stay") == 1


def _away(*names: str) -> Any:
    raise DatabaseError


TOML = """
log_level = "WARNING"
telemetry_days = 20

[limits]
projects = 50
"""
YAML = """
# kept in Git
log_level: WARNING
telemetry_days: 20
limits:
  projects: 50
"""


def ran(*words: str) -> str:
    said = StringIO()
    call_command("settings", *words, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize(("name", "text"), [("settings.toml", TOML), ("settings.yaml", YAML)])
def test_a_file_is_shown_then_applied_then_changes_nothing_more(name: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(text)
    said = 'log_level: "INFO" → "WARNING"\ntelemetry_days: 14 → 20\nlimits.projects: 1,000 → 50\n'

    assert ran("apply", str(file), "--dry-run") == f"{said}Nothing was changed: this was a dry run.\n"
    assert told() == []
    assert ran("apply", str(file)) == said
    assert len(told()) == 3
    assert ran("apply", str(file)) == "Nothing differs.\n"
    assert len(told()) == 3


def test_what_a_file_leaves_out_goes_but_not_what_was_set_by_hand(system: Actor, tmp_path: Path) -> None:
    change({"experiment_days": 30}, actor=system)
    file = tmp_path / "settings.yaml"
    file.write_text(YAML)
    ran("apply", str(file))
    file.write_text("telemetry_days: 20\n")

    assert ran("apply", str(file)) == 'limits.projects: 50 → 1,000\nlog_level: "WARNING" → "INFO"\n'
    assert dict(RuntimeSetting.objects.values_list("name", "is_from_file")) == {
        "experiment_days": False,
        "telemetry_days": True,
    }


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "log_level: INFO\nlimits:\n  flgs: 3\n", "a.yaml:3: limits.flgs: There is no such setting"),
        ("a.yaml", "telemetry_days: many\n", "a.yaml:1: telemetry_days: Write a whole number from 1 to 3,650."),
        ("a.yaml", "log_level: INFO\nlog_level: DEBUG\n", "a.yaml:2: log_level: It stands there twice."),
        ("a.yaml", "- one\n", "a.yaml:1: Write names and values here."),
        ("a.yaml", "a: [\n", "a.yaml:2: This is no YAML"),
        ("a.yaml", "log_level: !!python/object:os.system x\n", "a.yaml:1: "),
        ("a.toml", "log_level = 'INFO'\n[limits]\nflgs = 3\n", "a.toml:3: limits.flgs: There is no such setting"),
        ("a.toml", "x = = 1\n", "a.toml:1: This is no TOML"),
        ("a.json", '{"limits": {"projects": -1}}', "a.json:1: limits.projects: Write a whole number from 0"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_name_and_line(name: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(CommandError) as refused:
        ran("apply", str(tmp_path / name))

    assert str(refused.value).startswith(f"{tmp_path}/{said}")
    assert not RuntimeSetting.objects.exists()


def test_the_command_shows_and_sets(tmp_path: Path) -> None:
    assert (
        ran("set", "limits.projects=5", "log_level=debug")
        == 'limits.projects: 1,000 → 5\nlog_level: "INFO" → "DEBUG"\n'
    )
    runtime.load()
    try:
        shown = ran("show")
    finally:
        runtime.forget_everything()
    assert "limits.projects = 5  (set)" in shown
    assert "experiment_days = 90  (environment)" in shown
    with pytest.raises(CommandError, match=r"log_level: Write one of DEBUG"):
        ran("set", "log_level=loud")
    with pytest.raises(CommandError, match="cannot be read"):
        ran("apply", str(tmp_path / "nothing.yaml"))


def test_tasks_ask_for_the_days_in_force(system: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    from analytics import services as analytics_services
    from analytics.tasks import forget_batches

    asked: list[timedelta] = []
    monkeypatch.setattr(analytics_services, "forget_batches", lambda older_than, now: asked.append(older_than))
    change({"telemetry_days": 3}, actor=system)
    runtime.load()

    forget_batches()

    assert asked == [timedelta(days=3)]
