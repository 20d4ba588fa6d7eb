"""A process says that it lives until it is stopped, and then goodbye."""

import time
from pathlib import Path
from typing import Any

import pytest

from flagforge.celery import app
from flagforge.heart import Heart, waiting_messages
from tenants.models import Process

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_heart_beats_until_it_is_stopped() -> None:
    heart = Heart("web", lambda: 7)
    heart.start()
    deadline = time.monotonic() + 10
    while not Process.objects.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)

    row = Process.objects.get()
    assert (row.id, row.kind, row.name, row.started_at, row.messages) == (
        heart.id,
        "web",
        heart.name,
        heart.started_at,
        7,
    )

    heart.stop(10)
    assert not Process.objects.exists()


def test_where_the_broker_does_not_say_nothing_is_counted(settings: Any, tmp_path: Path) -> None:
    settings.REDIS_URL, settings.BROKER_FOLDER = "", tmp_path

    assert waiting_messages(app) is None
