"""Processes say that they live; who is silent is late, then missing, and after an hour forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from tenants import heartbeats
from tenants.models import Process

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def beat(at: datetime, name: str = "a", messages: int | None = None) -> None:
    heartbeats.say(name, "worker", f"host ({name})", started_at=at, now=at, messages=messages)


def test_each_process_has_one_row_that_keeps_its_beginning() -> None:
    beat(NOON, messages=3)
    beat(NOON + timedelta(seconds=10), messages=0)

    row = Process.objects.get()

    assert (row.started_at, row.seen_at, row.messages) == (NOON, NOON + timedelta(seconds=10), 0)
    assert row.version == settings.VERSION


@pytest.mark.parametrize(("silent", "word"), [(24, "running"), (25, "late"), (59, "late"), (60, "missing")])
def test_silence_has_a_word(silent: int, word: str) -> None:
    assert heartbeats.state_of(NOON, NOON + timedelta(seconds=silent)) == word


def test_who_says_goodbye_is_gone_and_nobody_else() -> None:
    beat(NOON, "a")
    beat(NOON, "b")

    heartbeats.say_goodbye("a")

    assert [row.id for row in Process.objects.all()] == ["b"]


def test_the_timetable_forgets_who_was_silent_for_an_hour() -> None:
    beat(NOON - timedelta(minutes=61), "long")
    beat(NOON - timedelta(minutes=59), "short")

    heartbeats.keep_time(now=NOON)

    assert {row.id for row in Process.objects.all()} == {"short", "timetable"}


def test_the_timetable_begins_anew_after_it_was_missing() -> None:
    later = NOON + timedelta(seconds=10)
    heartbeats.keep_time(now=NOON)
    heartbeats.keep_time(now=later)
    assert Process.objects.get().started_at == NOON

    heartbeats.keep_time(now=later + timedelta(seconds=61))

    assert Process.objects.get().started_at == later + timedelta(seconds=61)
