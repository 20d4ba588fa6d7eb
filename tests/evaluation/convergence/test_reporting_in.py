"""What relays report is kept: one row for each and environment, of their own scope alone, and not for ever."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from evaluation.convergence import reports
from evaluation.models import ConvergenceReport
from evaluation.tasks import forget_reports
from flagforge.celery import app
from tenants import last_used, services
from tenants.actors import Actor
from tenants.models import Environment, Organization
from tests.evaluation.convergence.conftest import Say, send

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_newest_report_of_a_relay_replaces_the_one_before(say: Say, production: Environment) -> None:
    assert say("edge", {1: 5}, holds=1).status_code == 204
    assert say("edge", {2: 4}, holds=2).status_code == 204

    row = ConvergenceReport.objects.get()
    assert (row.environment, row.organization, row.name) == (production, production.organization, "edge")
    assert (row.is_relay, row.holds, row.seen["streams"]) == (True, 2, {"2": 4})


@pytest.mark.parametrize(("ago", "is_kept"), [(60.0, True), (-60.0, False)])
def test_which_version_a_relay_is_and_since_when_it_runs(
    ago: float, is_kept: bool, client: Client, relay_key: str, production: Environment
) -> None:
    started = time.time() - ago
    said = {"id": "edge", "name": "edge", "version": "1.2.3", "started": started}
    seen = {"holds": 1, "streams": {}, "instances": {}}

    send(client, relay_key, reporters=[said | {"environments": {production.id: seen}}])

    row = ConvergenceReport.objects.get()
    assert row.version == "1.2.3"
    assert row.started_at == (datetime.fromtimestamp(started, UTC) if is_kept else None)


def test_a_relay_that_says_goodbye_is_gone_at_once(
    say: Say, client: Client, relay_key: str, production: Environment
) -> None:
    for name in ("edge-1", "edge-2"):
        say(name, {1: 5}, holds=1)

    assert send(client, relay_key, gone=["edge-1"]).status_code == 204

    assert [row.name for row in ConvergenceReport.objects.all()] == ["edge-2"]


def test_a_relay_reports_and_takes_leave_for_its_own_scope_alone(
    say: Say, client: Client, globex: Organization, system: Actor
) -> None:
    theirs = services.create_api_key(kind="relay", scope=globex, name="theirs", actor=system)[1]
    say("edge", {1: 5}, holds=1)

    assert say("edge", {9: 5}, holds=9, key=theirs).status_code == 204
    assert send(client, theirs, gone=["edge"]).status_code == 204

    assert ConvergenceReport.objects.get().holds == 1


@pytest.mark.parametrize("kind", ["client", "server"])
def test_other_kinds_of_keys_report_nothing(kind: str, say: Say, request: pytest.FixtureRequest) -> None:
    assert say("edge", {1: 5}, holds=1, key=request.getfixturevalue(f"{kind}_key")).status_code == 403
    assert say("edge", {1: 5}, holds=1, key="ff_relay_" + "x" * 43).status_code == 401
    assert not ConvergenceReport.objects.exists()


def test_what_cannot_be_read_is_refused(say: Say) -> None:
    refused = say("edge", {1: 0}, holds=1)

    assert refused.status_code == 400
    assert "streams.1" in refused.json()["errors"][0]["path"]


def test_the_worker_forgets_who_has_been_silent_for_an_hour(say: Say, silence: Callable[[str, float], None]) -> None:
    for name in ("edge-1", "edge-2"):
        say(name, {1: 5}, holds=1)
    silence("edge-1", 3_601)

    assert forget_reports() == 1
    assert reports.forget(now=timezone.now() + timedelta(hours=2)) == 1
    assert forget_reports.name in {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_a_relay_tells_when_keys_of_its_scope_were_used(
    client: Client, relay_key: str, production: Environment, globex: Organization, system: Actor
) -> None:
    ours, _ = services.create_api_key(kind="server", scope=production, name="web", actor=system)
    theirs, _ = services.create_api_key(kind="relay", scope=globex, name="edge", actor=system)
    at = timezone.now().timestamp() - 300

    answer = send(client, relay_key, used={ours.sha256: at, theirs.sha256: at, "0" * 64: at})
    last_used.write_noted()

    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert answer.status_code == 204
    assert ours.last_used_at is not None
    assert at - 61 < ours.last_used_at.timestamp() <= at
    assert theirs.last_used_at is None
