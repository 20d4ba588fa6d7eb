"""From batches to minutes, hours and days: each batch exactly once, whatever happens meanwhile."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from analytics import folding, services, stored, tallies, tasks
from analytics.folding import DAYS, HOURS, LEVELS, MINUTES, fold, forget, refold, sum_up
from analytics.models import DayTally, HourTally, MinuteTally, TelemetryBatch
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import read_batch
from flagforge.celery import app
from tenants.models import Environment
from tests.analytics.batches import batch, counts
from tests.conftest import AtOnce

NOW = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
Tell = Callable[..., None]


@pytest.fixture
def tell(development: Environment) -> Tell:
    """`tell(7, ago=timedelta(hours=3))`: seven evaluations of the flag, in a batch that was over so long ago."""
    numbers = itertools.count()

    def keep(n: int, *, ago: timedelta = timedelta(), name: str = "", environment: Environment = development) -> None:
        key = HeldKey("", "", "server", environment.organization_id, "", environment.id, "", None)
        at = (NOW - ago).isoformat()
        judged = read_batch(batch(name or f"b{next(numbers)}", at=at, counts=counts(n)))
        services.keep_batch(judged, Sender(key, environment.id, "server"), environment.organization_id, now=NOW)

    return keep


def evaluations(model: Any, environment: Environment | None = None) -> dict[str, int]:
    """How many the tallies of a level hold, by their start."""
    rows = model.objects.order_by("start")
    if environment is not None:
        rows = rows.filter(environment=environment)
    return {f"{row.start:%m-%d %H:%M}": tallies.total(folding.whole(row).get("counts")) for row in rows}


@pytest.mark.django_db
def test_batches_are_folded_into_minutes_hours_and_days(tell: Tell) -> None:
    for n, minutes in ((1, 0), (2, 0), (4, 1), (8, 31), (16, 24 * 60)):
        tell(n, ago=timedelta(minutes=minutes))

    assert fold(now=NOW) == 5
    sum_up()

    assert evaluations(MinuteTally) == {"11-26 10:30": 16, "11-27 09:59": 8, "11-27 10:29": 4, "11-27 10:30": 3}
    assert evaluations(HourTally) == {"11-26 10:00": 16, "11-27 09:00": 8, "11-27 10:00": 7}
    assert evaluations(DayTally) == {"11-26 00:00": 16, "11-27 00:00": 15}


@pytest.mark.django_db
def test_folding_and_summing_again_changes_nothing(tell: Tell) -> None:
    tell(3)
    fold(now=NOW)
    sum_up()

    assert (fold(now=NOW), sum_up()) == (0, 0)
    assert evaluations(DayTally) == {"11-27 00:00": 3}


@pytest.mark.django_db
def test_a_batch_that_was_sent_twice_counts_once(tell: Tell) -> None:
    tell(3, name="same")
    fold(now=NOW)
    tell(3, name="same")
    fold(now=NOW)

    assert evaluations(MinuteTally) == {"11-27 10:30": 3}


@pytest.mark.django_db
def test_what_comes_late_is_added_to_sums_that_were_taken(tell: Tell) -> None:
    tell(3, ago=timedelta(hours=2))
    fold(now=NOW)
    sum_up()
    tell(4, ago=timedelta(hours=2))
    fold(now=NOW)
    sum_up()

    assert evaluations(HourTally) == {"11-27 08:00": 7}
    assert evaluations(DayTally) == {"11-27 00:00": 7}


@pytest.mark.django_db
def test_what_comes_after_its_minutes_are_over_is_added_to_the_hour_and_then_to_the_day(tell: Tell) -> None:
    tell(1, ago=timedelta(days=9))
    tell(2, ago=timedelta(days=90))
    fold(now=NOW)
    tell(4, ago=timedelta(days=9))
    fold(now=NOW)
    sum_up()

    assert evaluations(MinuteTally) == {}
    assert evaluations(HourTally) == {"11-18 10:00": 5}
    assert evaluations(DayTally) == {"08-29 00:00": 2, "11-18 00:00": 5}


@pytest.mark.django_db
def test_what_was_summed_and_what_came_after_its_minutes_were_forgotten_add_up(tell: Tell) -> None:
    tell(3)
    fold(now=NOW)
    later = NOW + timedelta(days=5)
    assert forget(now=later) == 0, "nobody has summed it yet"
    sum_up()
    assert forget(now=later) == 1
    tell(4)
    fold(now=later)
    sum_up()

    assert evaluations(MinuteTally) == {}
    assert evaluations(HourTally) == {"11-27 10:00": 7}
    assert evaluations(DayTally) == {"11-27 00:00": 7}


@pytest.mark.django_db
@pytest.mark.parametrize("ago", [timedelta(days=-1), timedelta(days=500)])
def test_a_clock_that_is_far_off_is_not_believed(ago: timedelta, tell: Tell) -> None:
    tell(3, ago=ago)
    fold(now=NOW)

    assert evaluations(MinuteTally) == {"11-27 10:30": 3}


@pytest.mark.django_db
def test_a_folder_that_dies_in_the_middle_leaves_everything_as_it_was(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(3)
    tell(4, ago=timedelta(hours=1))

    add, places = folding._add, itertools.count()

    def dying(place: Any, more: Any) -> None:
        if next(places) == 1:
            raise ConnectionError
        add(place, more)

    monkeypatch.setattr(folding, "_add", dying)
    with pytest.raises(ConnectionError):
        fold(now=NOW)
    assert evaluations(MinuteTally) == {}

    fold(now=NOW)
    assert evaluations(MinuteTally) == {"11-27 09:30": 4, "11-27 10:30": 3}


@pytest.mark.django_db
def test_a_window_is_folded_anew_to_the_same_numbers(tell: Tell) -> None:
    for number in range(6):
        tell(number + 1, ago=timedelta(minutes=10 * number))
    fold(now=NOW)
    sum_up()
    before = [evaluations(level.model) for level in LEVELS]

    assert refold(NOW - timedelta(hours=1), NOW + timedelta(minutes=1), now=NOW) == 6

    assert [evaluations(level.model) for level in LEVELS] == before
    assert before[0] != {}


@pytest.mark.django_db
def test_a_tally_that_was_damaged_is_mended_by_folding_anew(tell: Tell) -> None:
    tell(3)
    fold(now=NOW)
    sum_up()
    MinuteTally.objects.update(own=stored.pressed({"counts": {"checkout": {"on": {"SPLIT": 99}}}}), is_summed=False)
    sum_up()
    assert evaluations(DayTally) == {"11-27 00:00": 99}

    refold(NOW, NOW + timedelta(minutes=1), now=NOW)

    assert evaluations(DayTally) == {"11-27 00:00": 3}


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "kept"), [(3, 14), (1.2, 1)])
def test_a_window_whose_batches_or_minutes_are_gone_cannot_be_folded_anew(
    days: float, kept: int, settings: Any
) -> None:
    settings.TELEMETRY_DAYS = kept

    with pytest.raises(ValueError, match="from 2026-11-26"):
        refold(NOW - timedelta(days=days), NOW, now=NOW)


@pytest.mark.django_db
def test_environments_are_counted_apart(tell: Tell, development: Environment, production: Environment) -> None:
    tell(3)
    tell(4, environment=production)
    fold(now=NOW)

    assert evaluations(MinuteTally, development) == {"11-27 10:30": 3}
    assert evaluations(MinuteTally, production) == {"11-27 10:30": 4}
    assert {row.organization_id for row in MinuteTally.objects.all()} == {development.organization_id}


@pytest.mark.django_db
def test_batches_that_nobody_has_folded_are_not_forgotten(tell: Tell) -> None:
    tell(3)
    later = {"older_than": timedelta(days=1), "now": NOW + timedelta(days=30)}
    assert services.forget_batches(**later) == 0  # type: ignore[arg-type]

    fold(now=NOW)

    assert services.forget_batches(**later) == 1  # type: ignore[arg-type]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_four_folders_at_once_count_each_batch_once(
    tell: Tell, at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "FOLDED_AT_ONCE", 3)
    for number in range(40):
        tell(1, ago=timedelta(minutes=number % 3))

    done = at_once(*[lambda: fold(now=NOW)] * 4)
    at_once(*[sum_up] * 4)

    assert connection.vendor == "postgresql"
    assert [each for each in done if not isinstance(each, int)] == []
    assert sum(evaluations(MinuteTally).values()) == 40
    assert evaluations(DayTally) == {"11-27 00:00": 40}
    assert not TelemetryBatch.objects.filter(is_folded=False).exists()


def test_each_level_takes_for_longer_than_the_finer_one() -> None:
    assert MINUTES.takes_from(NOW) > HOURS.takes_from(NOW) > DAYS.takes_from(NOW)
    assert MINUTES.takes_from(NOW).hour == 0


@pytest.mark.parametrize("task", [tasks.fold_batches, tasks.sum_tallies, tasks.forget_batches, tasks.forget_tallies])
def test_the_timetable_has_them_all(task: Any) -> None:
    assert task.name in {entry["task"] for entry in app.conf.beat_schedule.values()}
