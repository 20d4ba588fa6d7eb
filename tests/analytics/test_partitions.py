"""Batches lie in a partition of the day that they name: made ahead, dropped as a whole, and known again whenever they come."""

import importlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from analytics import partitions, services, tasks
from analytics.folding import fold
from analytics.models import TelemetryBatch
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import read_batch
from flagforge.celery import app
from tenants import realm
from tenants.models import Environment
from tests.analytics.batches import batch, counts

NOW = datetime(2031, 3, 1, 12, tzinfo=UTC)
TODAY, DAY = NOW.date(), timedelta(days=1)
FORTNIGHT = timedelta(days=14)
INSERT = """INSERT INTO analytics_telemetrybatch
    (organization_id, environment_id, batch, ended_at, key_kind, received_at, is_folded, content, contexts)
    VALUES (%s, %s, %s, %s, 'server', now(), true, '', '')"""
CONSTRAINTS = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass ORDER BY conname"
INDEXES = (
    "SELECT relname FROM pg_class JOIN pg_index ON oid = indexrelid WHERE indrelid = %s::regclass ORDER BY relname"
)
Tell = Callable[..., None]


@pytest.fixture
def tell(development: Environment) -> Tell:
    """`tell("a", at=moment, now=moment)`: a batch that was over then, and comes now."""

    def keep(name: str, *, at: datetime = NOW, now: datetime = NOW) -> None:
        key = HeldKey("", "", "server", development.organization_id, "", development.id, "", None)
        judged = read_batch(batch(name, at=at.isoformat(), counts=counts(1)))
        services.keep_batch(judged, Sender(key, development.id, "server"), development.organization_id, now=now)

    return keep


@pytest.fixture
def unparted() -> Iterator[None]:
    """What a test makes is gone after it, as its rows are."""
    before = set(partitions.days())
    yield
    for day in set(partitions.days()) - before:
        _asked(f"DROP TABLE {partitions.name_of(day)}")


def _asked(statement: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else None


def places() -> dict[str, str]:
    """The table that each batch lies in."""
    return dict(_asked("SELECT batch, tableoid::regclass::text FROM analytics_telemetrybatch"))


def of(day: date) -> str:
    return f"analytics_telemetrybatch_{day:%Y%m%d}"


@pytest.mark.django_db
def test_a_batch_that_comes_again_on_another_day_is_known(tell: Tell) -> None:
    for hours in (0, 12, 24, 24 * 9):
        tell("same", now=NOW + timedelta(hours=hours))
    tell("ahead", at=NOW + 9 * DAY)
    tell("ahead", at=NOW + 9 * DAY, now=NOW + 9 * DAY)

    assert [row.batch for row in TelemetryBatch.objects.order_by("batch")] == ["ahead", "same"]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unparted")
class TestOnPostgreSQL:
    def test_partitions_are_made_ahead_once_and_taken(self, tell: Tell) -> None:
        assert partitions.make_ahead(now=NOW) == 4
        assert partitions.make_ahead(now=NOW) == 0
        assert partitions.make_ahead(now=NOW + DAY) == 1

        tell("today")
        tell("tomorrow", at=NOW + DAY)
        tell("late", at=NOW - 30 * DAY)

        assert places() == {
            "today": of(TODAY),
            "tomorrow": of(TODAY + DAY),
            "late": "analytics_telemetrybatch_default",
        }

    def test_what_came_before_its_partition_moves_into_it_and_is_known_there(self, tell: Tell) -> None:
        tell("early")
        assert places() == {"early": "analytics_telemetrybatch_default"}

        partitions.make_ahead(now=NOW)
        tell("early")

        assert places() == {"early": of(TODAY)}
        assert fold(now=NOW) == 1

    def test_a_day_that_is_over_is_dropped_and_the_others_stay(self, tell: Tell) -> None:
        partitions.make_ahead(now=NOW)
        for number in range(3):
            tell(f"b{number}", at=NOW + number * DAY, now=NOW + number * DAY)
        fold(now=NOW)

        later = NOW + FORTNIGHT + 2 * DAY
        assert services.forget_batches(older_than=FORTNIGHT, now=later) == 2

        assert [day for day in partitions.days() if day >= TODAY] == [TODAY + 2 * DAY, TODAY + 3 * DAY]
        assert places() == {"b2": of(TODAY + 2 * DAY)}

    def test_a_day_of_which_something_is_not_folded_stays(self, tell: Tell) -> None:
        partitions.make_ahead(now=NOW)
        tell("waiting")

        assert services.forget_batches(older_than=FORTNIGHT, now=NOW + 2 * FORTNIGHT) == 0

        assert places() == {"waiting": of(TODAY)}

    def test_who_came_late_is_known_for_as_long_as_everybody(self, tell: Tell) -> None:
        partitions.make_ahead(now=NOW)
        came = NOW + 10 * DAY
        tell("late", now=came)
        tell("punctual")
        fold(now=came)

        assert services.forget_batches(older_than=FORTNIGHT, now=NOW + FORTNIGHT + DAY) == 1
        tell("late", now=NOW + FORTNIGHT + DAY)
        assert places() == {"late": "analytics_telemetrybatch_default"}

        assert services.forget_batches(older_than=FORTNIGHT, now=came + FORTNIGHT + DAY) == 1

    def test_who_cannot_have_the_table_soon_tries_again_later(
        self, monkeypatch: pytest.MonkeyPatch, at_once: Any
    ) -> None:
        monkeypatch.setattr(partitions, "LOCK_SECONDS", 1)

        def hold() -> None:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("LOCK TABLE analytics_telemetrybatch IN ROW SHARE MODE")
                cursor.execute("SELECT pg_sleep(7)")
                cursor.execute("ROLLBACK")

        def make() -> int:
            _asked("SELECT pg_sleep(1)")
            return partitions.make_ahead(now=NOW)

        assert at_once(hold, make) == [None, 0]
        assert partitions.make_ahead(now=NOW) == 4

    def test_a_partition_is_reached_through_the_whole_table_alone(self, tell: Tell, development: Environment) -> None:
        partitions.make_ahead(now=NOW)
        tell("today")

        assert _asked(f"SELECT count(*) FROM {of(TODAY)}") == [(0,)]  # noqa: S608  (a name of ours)
        with realm.within(realm.of_organization(development.organization_id)):
            assert TelemetryBatch.with_deleted.count() == 1
        with realm.within(realm.of_organization("0" * 20)):
            assert TelemetryBatch.with_deleted.count() == 0


@pytest.mark.postgresql
@pytest.mark.django_db
def test_batches_that_were_there_already_are_kept_in_partitions(development: Environment) -> None:
    """In a schema of its own, up to the migration before, and then that one."""
    _asked("CREATE SCHEMA before")
    _asked("SET LOCAL search_path TO before, public")
    loader = MigrationLoader(connection)
    state = loader.project_state([("tenants", "0016_stale_flags")])
    for name in ("0001_squashed_0002", "0003_attributes_seen"):
        _apply(loader, name, state)
    for name, ended in (("a", "2031-03-01 23:59:59+00"), ("b", "2031-03-02 00:00:00+00")):
        _asked(INSERT, development.organization_id, development.id, name, ended)
    _asked("SET CONSTRAINTS ALL IMMEDIATE")

    _apply(loader, "0005_batches_by_day", state)

    assert places() == {"a": of(TODAY), "b": of(TODAY + DAY)}
    rows = dict(_asked("SELECT batch, id FROM analytics_telemetrybatch"))
    TelemetryBatch.with_deleted.create(
        organization_id=development.organization_id,
        environment_id=development.id,
        batch="c",
        key_kind="server",
        received_at=NOW,
        ended_at=NOW,
        day=TODAY,
        content=b"",
    )
    assert TelemetryBatch.with_deleted.get(batch="c").pk == max(rows.values()) + 1
    assert _shape("before") == _shape("public")
    _asked("SET LOCAL search_path TO public")


def _apply(loader: MigrationLoader, name: str, state: Any) -> None:
    importlib.import_module(f"analytics.migrations.{name}")
    with connection.schema_editor(atomic=False) as editor:
        loader.get_migration("analytics", name).apply(state, editor)


def _shape(schema: str) -> list[Any]:
    """The names of constraints and indexes of the whole table."""
    return [_asked(question, f"{schema}.analytics_telemetrybatch") for question in (CONSTRAINTS, INDEXES)]


def test_it_stands_in_the_timetable() -> None:
    assert tasks.make_partitions.name in {entry["task"] for entry in app.conf.beat_schedule.values()}
