"""The outbox: told in the transaction of the change, worked off outside of it."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from tenants import audit, logs, outbox, services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, OutboxEvent
from tenants.permissions import NotAllowed
from tenants.problems import Conflict


class Listener:
    """A handler that keeps what it heard, and may be told to fail."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, list[str]]] = []
        self.tried = 0
        self.fails_for: Environment | None = None
        self.fails_on = ""
        self.error: Exception = ConnectionError("nobody there")
        self.seconds = 0.0

    def __call__(self, environment: Environment, events: Sequence[OutboxEvent]) -> None:
        assert connection.in_atomic_block
        self.tried += 1
        if environment == self.fails_for or self.fails_on in [event.topic for event in events]:
            raise self.error
        time.sleep(self.seconds)
        self.heard.append((environment.key, [event.topic for event in events]))


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    """The only one that hears of "test." events."""
    monkeypatch.setattr(outbox, "_handlers", [])
    listener = Listener()
    outbox.listen("test.", listener)
    return listener


def put(topic: str, environment: Environment | Organization | None) -> None:
    with transaction.atomic():
        outbox.put(topic, environment)


@pytest.fixture
def quiet(development: Environment, production: Environment) -> None:
    """Two environments, and nothing waiting."""
    OutboxEvent.objects.all().delete()


pytestmark = pytest.mark.usefixtures("quiet")


def test_one_batch_for_each_environment(listener: Listener, development: Environment, production: Environment) -> None:
    put("test.one", development)
    put("test.two", development)
    put("test.three", production)

    done = outbox.drain()

    assert done == 3
    assert sorted(listener.heard) == [("development", ["test.one", "test.two"]), ("production", ["test.three"])]
    assert outbox.drain() == 0


def test_a_handler_hears_only_of_its_topics(listener: Listener, development: Environment) -> None:
    put("other.one", development)

    assert outbox.drain() == 1
    assert listener.heard == []


def test_listening_twice_is_listening_once(listener: Listener, development: Environment) -> None:
    outbox.listen("test.", listener)
    put("test.one", development)

    outbox.drain()

    assert len(listener.heard) == 1


def test_news_without_an_environment_are_done_without_handlers(listener: Listener, acme: Organization) -> None:
    put("test.one", acme)
    put("test.two", None)

    assert outbox.drain() == 2
    assert list(OutboxEvent.objects.order_by("id").values_list("organization_id", flat=True)) == [acme.id, None]


def test_a_rolled_back_change_is_not_heard_of(listener: Listener, development: Environment) -> None:
    with transaction.atomic():
        outbox.put("test.one", development)
        transaction.set_rollback(True)

    assert outbox.drain() == 0
    assert listener.heard == []


def test_everywhere_means_one_row_for_each(
    listener: Listener, development: Environment, production: Environment
) -> None:
    with transaction.atomic():
        outbox.put_everywhere("test.one", [development, production], {"key": "new-checkout"})

    assert outbox.drain() == 2
    assert {tuple(row.payload.items()) for row in OutboxEvent.objects.all()} == {(("key", "new-checkout"),)}


@pytest.mark.django_db(transaction=True)
def test_news_outside_of_a_transaction_are_refused(development: Environment) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.put("test.one", development)
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.put_everywhere("test.one", [development])


def test_a_failure_postpones_its_environment_alone(
    listener: Listener, development: Environment, production: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    listener.fails_for = development
    put("test.one", development)
    put("test.two", production)

    assert outbox.drain() == 1

    failed = OutboxEvent.objects.get(environment=development)
    assert (failed.processed_at, failed.attempts, failed.last_error) == (None, 1, "ConnectionError: nobody there")
    assert failed.not_before is not None
    assert failed.not_before > timezone.now()
    assert outbox.drain() == 0
    assert development.id in caplog.text


def test_what_failed_is_tried_again_later(listener: Listener, development: Environment) -> None:
    listener.fails_for = development
    put("test.one", development)
    outbox.drain()
    listener.fails_for = None

    OutboxEvent.objects.update(not_before=timezone.now())

    assert outbox.drain() == 1
    assert listener.heard == [("development", ["test.one"])]


def test_the_waits_grow_and_end_with_the_row_parked(listener: Listener, development: Environment) -> None:
    listener.fails_for = development
    put("test.one", development)

    waits = []
    while (row := OutboxEvent.objects.get()).parked_at is None:
        OutboxEvent.objects.update(not_before=None)
        before = timezone.now()
        outbox.drain()
        if not_before := OutboxEvent.objects.get().not_before:
            waits.append(round((not_before - before).total_seconds()))

    assert waits == [1, 2, 5, 15, 60]
    assert row.attempts == outbox.MOST_ATTEMPTS
    assert outbox.drain() == 0
    assert (outbox.waiting().count(), outbox.parked().count()) == (0, 1)


def fail_until_parked(environment: Environment) -> None:
    while not outbox.parked().filter(environment=environment).exists():
        outbox.waiting().filter(environment=environment).update(not_before=None)
        outbox.drain()


def test_a_poisoned_row_holds_those_behind_it_until_it_is_parked(listener: Listener, development: Environment) -> None:
    listener.fails_on = "test.poison"
    for topic in ("test.before", "test.poison", "test.behind"):
        put(topic, development)

    outbox.drain()
    held = [topic for _, topics in listener.heard for topic in topics]
    fail_until_parked(development)

    assert held == ["test.before"]
    assert [topic for _, topics in listener.heard for topic in topics] == ["test.before", "test.behind"]
    assert [row.topic for row in outbox.parked()] == ["test.poison"]


def test_while_it_waits_those_behind_it_are_not_tried_either(listener: Listener, development: Environment) -> None:
    listener.fails_on = "test.poison"
    put("test.poison", development)
    put("test.behind", development)
    outbox.drain()
    tried = listener.tried

    assert outbox.drain() == 0
    assert listener.tried == tried


def test_a_new_change_has_all_of_its_environment_tried_at_once(listener: Listener, development: Environment) -> None:
    listener.fails_for = development
    put("test.one", development)
    outbox.drain()
    listener.fails_for = None
    put("test.two", development)

    assert outbox.drain() == 2
    assert listener.heard == [("development", ["test.one", "test.two"])]


def test_many_changes_in_a_short_outage_park_nothing(listener: Listener, development: Environment) -> None:
    listener.fails_for = development
    for number in range(20):
        put(f"test.{number}", development)
        OutboxEvent.objects.update(not_before=F("not_before") + timedelta(minutes=1))
        outbox.drain()
    attempts = OutboxEvent.objects.get(topic="test.0").attempts
    listener.fails_for = None
    OutboxEvent.objects.update(not_before=None)

    assert attempts == 1
    assert outbox.drain() == 20


def test_a_fault_of_the_database_counts_against_nobody(listener: Listener, development: Environment) -> None:
    listener.fails_for, listener.error = development, OperationalError("database is locked")
    put("test.one", development)

    for _ in range(20):
        OutboxEvent.objects.update(not_before=None)
        outbox.drain()

    row = OutboxEvent.objects.get()
    assert (row.attempts, row.parked_at) == (0, None)
    assert "database is locked" in row.last_error


def test_a_parked_row_is_tried_again_when_somebody_says_so(
    listener: Listener, development: Environment, system: Actor
) -> None:
    listener.fails_for = development
    put("test.one", development)
    fail_until_parked(development)
    listener.fails_for = None

    services.retry_outbox_event(outbox.parked().get(), actor=system, comment="The disk has room again")

    assert outbox.drain() == 1
    assert listener.heard == [("development", ["test.one"])]
    told = AuditEvent.objects.get(verb="outbox_event.retried")
    assert (told.comment, told.before) == ("The disk has room again", {"last_error": "ConnectionError: nobody there"})
    assert audit.verify(told.chain).is_intact


def test_only_what_is_parked_is_tried_again_and_by_nobody_else(
    listener: Listener, development: Environment, system: Actor, as_alice: Actor
) -> None:
    put("test.one", development)
    waiting = outbox.waiting().get()

    with pytest.raises(Conflict, match="not parked"):
        services.retry_outbox_event(waiting, actor=system)
    with pytest.raises(NotAllowed, match="all organizations"):
        services.retry_outbox_event(waiting, actor=as_alice)


def test_a_parked_row_is_not_forgotten(listener: Listener, development: Environment) -> None:
    listener.fails_for = development
    put("test.one", development)
    fail_until_parked(development)
    OutboxEvent.objects.update(created_at=timezone.now() - timedelta(days=400))

    assert outbox.forget_processed() == 0
    assert outbox.parked().count() == 1


def test_half_the_work_of_a_failed_handler_is_undone(listener: Listener, development: Environment) -> None:
    def write_and_fail(environment: Environment, events: Sequence[OutboxEvent]) -> None:
        Environment.objects.filter(pk=environment.pk).update(name="half")
        raise ValueError("no")

    outbox.listen("test.", write_and_fail)
    put("test.one", development)

    assert outbox.drain() == 0
    development.refresh_from_db()
    assert development.name == "Development"


def test_a_deleted_environment_is_still_heard_of(listener: Listener, development: Environment, as_ada: Actor) -> None:
    services.delete_environment(development, actor=as_ada)
    put("test.one", development)

    outbox.drain()

    assert ("development", ["environment.deleted", "test.one"]) in listener.heard


def test_old_rows_are_forgotten(listener: Listener, development: Environment) -> None:
    for _ in range(2):
        put("test.one", development)
    outbox.drain()
    put("test.waiting", development)
    oldest = OutboxEvent.objects.order_by("id").first()
    assert oldest is not None
    OutboxEvent.objects.filter(pk=oldest.pk).update(processed_at=timezone.now() - timedelta(days=8))

    assert outbox.forget_processed() == 1
    assert OutboxEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_drainers_at_once_do_each_row_once(
    listener: Listener, development: Environment, production: Environment, at_once: Callable[..., list[object]]
) -> None:
    listener.seconds = 0.2
    for number in range(5):
        put(f"test.{number}", development)
        put(f"test.{number}", production)

    done = at_once(outbox.drain, outbox.drain, outbox.drain)

    assert sum(count for count in done if isinstance(count, int)) == 10
    assert sorted(key for key, _ in listener.heard) == ["development", "production"]
    assert not OutboxEvent.objects.filter(attempts__gt=0).exists()


@pytest.mark.django_db(transaction=True)
def test_a_row_that_commits_while_another_is_drained_is_not_lost(
    listener: Listener, development: Environment, at_once: Callable[..., list[object]]
) -> None:
    def write() -> None:
        for number in range(10):
            put(f"test.{number}", development)

    def drain() -> None:
        for _ in range(20):
            outbox.drain()

    at_once(write, drain, write, drain)
    outbox.drain()

    heard = sorted(topic for _, topics in listener.heard for topic in topics)
    assert heard == sorted([f"test.{number}" for number in range(10)] * 2)


@pytest.mark.django_db(transaction=True)
def test_a_commit_nudges_a_thread_of_this_process(
    listener: Listener, development: Environment, settings: Settings
) -> None:
    settings.OUTBOX_NUDGE = True
    heard = threading.Event()
    outbox.listen("test.", lambda environment, events: heard.set())

    put("test.one", development)

    assert heard.wait(5)
    _wait_until_done()


@pytest.mark.django_db(transaction=True)
def test_the_nudged_thread_survives_a_failure(
    listener: Listener, development: Environment, production: Environment, settings: Settings
) -> None:
    settings.OUTBOX_NUDGE = True
    listener.fails_for = development

    put("test.one", development)
    put("test.two", production)

    deadline = time.monotonic() + 5
    while not listener.heard and time.monotonic() < deadline:
        time.sleep(0.01)
    assert listener.heard == [("production", ["test.two"])]
    OutboxEvent.objects.filter(environment=development).delete()
    _wait_until_done()


def _wait_until_done() -> None:
    """Until the nudged thread has let go of the database."""
    deadline = time.monotonic() + 5
    while OutboxEvent.objects.filter(processed_at=None).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not OutboxEvent.objects.filter(processed_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_row_knows_the_request_and_whoever_works_it_off_says_so(development: Environment) -> None:
    said: list[str] = []
    outbox.listen("named.", lambda environment, events: said.append(logs.request_id()))
    for name in ("one", "two", "one"):
        with structlog.contextvars.bound_contextvars(request_id=name), transaction.atomic():
            outbox.put("named.event", development)

    with structlog.contextvars.bound_contextvars(request_id="other"):
        outbox.drain()
        after = logs.request_id()

    assert (said, after) == (["one,two"], "other")
