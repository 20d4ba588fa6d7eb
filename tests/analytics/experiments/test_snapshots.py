"""Results that are kept: which, how often, and that nothing of one experiment holds up another."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from analytics.experiments import snapshots
from analytics.experiments.recording import LATE, LONGEST
from analytics.models import Experiment, Metric, ResultSnapshot
from tests.analytics.experiments.conftest import Running
from tests.analytics.experiments.recorded import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    """Early in the day, so that ten minutes later is the same one."""
    return timezone.now().replace(hour=9)


@pytest.fixture
def experiment(running: Running, purchase: Metric, now: datetime) -> Experiment:
    made = running(started_at=now - timedelta(days=2))
    record(made, [("on", [("purchase", 1, None)]), ("off", [])] * 100 + [("on", []), ("off", [])] * 100)
    return made


def test_results_are_kept_and_of_each_day_the_last(experiment: Experiment, now: datetime) -> None:
    assert snapshots.latest(experiment) is None

    moments = [now, now + timedelta(hours=1), now + timedelta(days=1)]
    taken = [snapshots.take(now=moment) for moment in moments]

    assert taken == [1, 1, 1]
    kept = ResultSnapshot.with_deleted.order_by("day")
    assert [each.taken_at for each in kept] == moments[1:]
    assert snapshots.latest(experiment) == kept[1]
    assert kept[0].document == {}
    assert kept[1].document["subjects"] == {"off": 200, "on": 200}


def test_nothing_is_worked_out_anew_too_soon(experiment: Experiment, now: datetime) -> None:
    snapshots.take(now=now)
    assert snapshots.take(now=now + timedelta(minutes=9)) == 0

    ResultSnapshot.with_deleted.update(seconds=60)

    assert snapshots.take(now=now + timedelta(minutes=99)) == 0
    assert snapshots.take(now=now + timedelta(minutes=100)) == 1


def test_what_was_stopped_is_worked_out_at_once(
    experiment: Experiment, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    snapshots.take(now=now)
    stopped_at = now + timedelta(minutes=1)
    Experiment.objects.update(status="stopped", stopped_at=stopped_at)

    assert snapshots.take(now=stopped_at) == 1
    with django_assert_num_queries(1):
        assert snapshots.take(now=stopped_at + timedelta(minutes=1)) == 0


def test_only_what_may_have_changed_is_worked_out(running: Running, purchase: Metric, now: datetime) -> None:
    running("draft", rule_id="1", status="draft", started_at=None)
    running("old", rule_id="2", started_at=now - LONGEST - LATE - timedelta(minutes=1))
    running("over", rule_id="3", status="stopped", stopped_at=now - LATE - timedelta(days=1, minutes=1))
    running("tomorrow", rule_id="4", started_at=now + timedelta(days=1))
    late = running("late", rule_id="5", status="stopped", stopped_at=now - LATE)

    assert snapshots.take(now=now) == 1
    assert snapshots.latest(late) is not None


def test_what_fails_of_one_experiment_holds_up_no_other(
    experiment: Experiment, running: Running, now: datetime
) -> None:
    broken = running("broken", rule_id="1", started_at=now - timedelta(days=3), weights={"off": "all"})

    snapshots.take(now=now)

    assert snapshots.latest(broken) is None
    assert snapshots.latest(experiment) is not None


def test_the_course_of_the_primary_metric(experiment: Experiment, now: datetime) -> None:
    snapshots.take(now=now)
    snapshots.take(now=now + timedelta(days=1))

    course = snapshots.course(experiment)

    assert [point.day for point in course["on"]] == [f"{now + timedelta(days=each):%Y-%m-%d}" for each in (0, 1)]
    assert course["on"][0].low < course["on"][0].value == 0.5 < course["on"][0].high


def test_days_on_which_too_little_was_known_are_no_part_of_the_course(
    running: Running, purchase: Metric, now: datetime
) -> None:
    made = running(started_at=now - timedelta(days=2))
    record(made, [("on", []), ("off", [])] * 5)

    snapshots.take(now=now)

    assert snapshots.course(made) == {}


def test_snapshots_go_with_their_experiment(experiment: Experiment, now: datetime) -> None:
    snapshots.take(now=now)

    experiment.delete()

    assert not ResultSnapshot.with_deleted.exists()
