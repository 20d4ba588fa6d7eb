"""Batches are forgotten when their time is over, so that no table grows for ever."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics import services, tasks
from analytics.models import TelemetryBatch
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import Batch
from flagforge.celery import app
from tenants.models import Environment

pytestmark = pytest.mark.django_db


def keep(environment: Environment, name: str, *, days_ago: float) -> None:
    key = HeldKey("", "", "server", environment.organization_id, "", environment.id, "", None)
    sender = Sender(key, environment.id, "server")
    received = timezone.now() - timedelta(days=days_ago)
    services.keep_batch(Batch(name, {"batch": name}, 0, ()), sender, environment.organization_id, now=received)
    TelemetryBatch.objects.update(is_folded=True)


def test_the_worker_forgets_what_is_older_than_the_setting(development: Environment, settings: Any) -> None:
    settings.TELEMETRY_DAYS = 3
    for name, days_ago in (("old", 3.1), ("older", 30), ("new", 2.9)):
        keep(development, name, days_ago=days_ago)

    assert tasks.forget_batches() == 2
    assert [row.batch for row in TelemetryBatch.objects.all()] == ["new"]


def test_many_are_forgotten_in_parts(development: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "FORGOTTEN_AT_ONCE", 2)
    for number in range(5):
        keep(development, str(number), days_ago=9)

    assert services.forget_batches(older_than=timedelta(days=1), now=timezone.now()) == 5


def test_it_stands_in_the_timetable() -> None:
    assert tasks.forget_batches.name in {entry["task"] for entry in app.conf.beat_schedule.values()}
