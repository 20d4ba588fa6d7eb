"""The transactional outbox: `put` inside the transaction of a change, `drain` outside of any.

A row that lies in an environment is worked off under that environment's lock, all waiting rows of the environment in one
batch, so that a hundred quick changes make one manifest. Handlers are registered per topic by the apps that listen.

Where a batch fails, its rows are tried one by one, in their order. The one that fails is tried again, later each time, and
those behind it wait; after `MOST_ATTEMPTS` it is parked: it holds nobody any more, and waits for a person to have it tried
again. What it tells of is not lost meanwhile: whoever publishes, publishes the whole environment as it is by then.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.db.models import Count, F, Min, Q
from django.utils import timezone

from tenants import logs, realm, tracing
from tenants.models import Environment, Organization, OutboxEvent

Handler = Callable[[Environment, Sequence[OutboxEvent]], None]
Listener = Callable[[Sequence[OutboxEvent]], None]
# With these a row holds those behind it for less than a minute and a half.
RETRY_SECONDS = (1, 2, 5, 15, 60)
MOST_ATTEMPTS = 1 + len(RETRY_SECONDS)
SERIALIZATION_RETRIES = 5
# PostgreSQL's words for "somebody else was there first": serialization failure, deadlock.
LOOK_AGAIN = {"40001", "40P01"}

log = logging.getLogger(__name__)
_handlers: list[tuple[str, Handler]] = []
_listeners: list[Listener] = []


def listen(topic_prefix: str, handler: Handler) -> None:
    """Have the handler called for each batch of an environment that holds a topic with this prefix."""
    if (topic_prefix, handler) not in _handlers:
        _handlers.append((topic_prefix, handler))


def overhear(listener: Listener) -> None:
    """Have the listener called for each batch, also for what lies in no environment, in the transaction that works it off."""
    if listener not in _listeners:
        _listeners.append(listener)


def put(topic: str, scope: Environment | Organization | None, payload: dict[str, Any] | None = None) -> OutboxEvent:
    """Say, in the transaction of a change, that it happened. Nobody hears of it unless the transaction commits."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("outbox.put belongs into the transaction of the change that it tells of")
    environment = scope if isinstance(scope, Environment) else None
    organization_id = environment.organization_id if environment else scope.pk if scope else None
    event = OutboxEvent(
        topic=topic,
        organization_id=organization_id,
        environment=environment,
        payload=payload or {},
        request_id=logs.request_id(),
        traceparent=tracing.traceparent(),
    )
    with realm.within(realm.to_write(organization_id)):
        event.save(force_insert=True)
    nudge_after_commit()
    return event


def put_everywhere(topic: str, environments: Iterable[Environment], payload: dict[str, Any] | None = None) -> None:
    """The same news for several environments, as for a change of a flag's variants."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("outbox.put belongs into the transaction of the change that it tells of")
    OutboxEvent.objects.bulk_create(
        OutboxEvent(
            topic=topic,
            organization_id=environment.organization_id,
            environment=environment,
            payload=payload or {},
            request_id=logs.request_id(),
            traceparent=tracing.traceparent(),
        )
        for environment in environments
    )
    nudge_after_commit()


def waiting() -> Any:
    """What is not done yet, but for what is parked."""
    return OutboxEvent.objects.filter(processed_at__isnull=True, parked_at__isnull=True)


def parked() -> Any:
    """What failed too often. Nothing happens to it by itself."""
    return OutboxEvent.objects.filter(processed_at__isnull=True, parked_at__isnull=False)


class Backlog(NamedTuple):
    """How many rows wait, since when the oldest does, and how many are parked."""

    waiting: int
    oldest: datetime | None
    parked: int


@realm.everything()
def backlog() -> Backlog:
    """In one query, over the rows that are not done alone."""
    waits = Q(parked_at__isnull=True)
    found = OutboxEvent.objects.filter(processed_at__isnull=True).aggregate(
        waiting=Count("pk", filter=waits), oldest=Min("created_at", filter=waits), parked=Count("pk", filter=~waits)
    )
    return Backlog(**found)


@realm.everything()
def drain() -> int:
    """Work off what is due; returns how many rows were done. Safe to run in any number of processes at once.

    One row that is due brings all of its environment's with it: a new change is told at once, although one before it failed.
    """
    due = waiting().filter(Q(not_before__isnull=True) | Q(not_before__lte=timezone.now()))
    environment_ids = list(due.values_list("environment_id", flat=True).distinct())
    return sum(_drain_environment(environment_id) for environment_id in environment_ids)


def _drain_environment(environment_id: str | None) -> int:
    with logs.named_later():
        return _drain_in_order(environment_id, waiting().filter(environment_id=environment_id))


def _drain_in_order(environment_id: str | None, rows: Any) -> int:
    try:
        return _worked_off(environment_id, rows)
    except Exception as error:
        if rows.count() > 1:
            log.warning(
                "outbox: a batch of environment %s failed (%r); its rows are tried one by one", environment_id, error
            )
            return _one_by_one(environment_id, list(rows.order_by("id")))
        return _failed(rows.first(), error)


def _one_by_one(environment_id: str | None, events: Sequence[OutboxEvent]) -> int:
    """In their order, up to the first that fails; behind one that is parked it goes on."""
    done = 0
    for event in events:
        try:
            done += _worked_off(environment_id, waiting().filter(pk=event.pk))
        except Exception as error:
            _failed(event, error)
            if event.parked_at is None:
                break
    return done


def _worked_off(environment_id: str | None, rows: Any) -> int:
    """How many rows were done; raises what a handler raises."""
    for _ in range(SERIALIZATION_RETRIES):
        try:
            return _work_off(environment_id, rows)
        except OperationalError as error:
            # Another process drained this environment since our snapshot was taken: look again.
            if not _is_serialization_failure(error):
                raise
    return 0


def _is_serialization_failure(error: Exception) -> bool:
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") in LOOK_AGAIN


def _work_off(environment_id: str | None, rows: Any) -> int:
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        _lock(environment_id)
        events = list(rows.select_related("environment__project", "environment__organization").order_by("id"))
        logs.name(event.request_id for event in events)
        if events:
            _hand_out(events[0].environment, events)
        return OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(processed_at=timezone.now())


def _hand_out(environment: Environment | None, events: Sequence[OutboxEvent]) -> None:
    with tracing.after("flagforge.outbox.drain", events) as span:
        if span is not None:
            told = {"flagforge.environment": environment.id if environment else "", "flagforge.events": len(events)}
            span.set_attributes(told)
        if environment is not None:
            for handler in _handlers_of(events):
                handler(environment, events)
        for listener in _listeners:
            listener(events)


def _lock(environment_id: str | None) -> None:
    """Also a deleted one: what it owes the world is still owed.

    By a write that changes nothing, not by SELECT FOR UPDATE: a second drainer that waited for the lock has an old snapshot, in
    which the rows still wait. A write makes PostgreSQL tell it so (40001), and it looks again.
    """
    Environment.with_deleted.filter(pk=environment_id).update(position=F("position"))


def _handlers_of(events: Sequence[OutboxEvent]) -> list[Handler]:
    found: dict[Handler, None] = {}
    for prefix, handler in _handlers:
        if any(event.topic.startswith(prefix) for event in events):
            found[handler] = None
    return list(found)


def _failed(event: OutboxEvent | None, error: Exception) -> int:
    """Put off the row and all that wait behind it, or park it.

    A new change has its environment tried before the time; that counts for nothing, nor does a fault of the database.
    """
    if event is None:  # done by another process meanwhile
        return 0
    log.error("outbox handler failed for %s in environment %s", event, event.environment_id, exc_info=error)
    now = timezone.now()
    is_early = event.not_before is not None and event.not_before > now
    if not is_early and not isinstance(error, OperationalError | InterfaceError):
        event.attempts += 1
    event.last_error = f"{type(error).__name__}: {error}"[:2000]
    event.parked_at = now if event.attempts >= MOST_ATTEMPTS else None
    event.save(update_fields=["attempts", "last_error", "parked_at"])
    if event.parked_at is None and not is_early:
        seconds = RETRY_SECONDS[max(event.attempts, 1) - 1]
        behind = waiting().filter(environment_id=event.environment_id, pk__gte=event.pk)
        behind.update(not_before=now + timedelta(seconds=seconds))
    return 0


def forget_processed(older_than: timedelta = timedelta(days=7)) -> int:
    """Delete rows that were done long ago."""
    count, _ = OutboxEvent.objects.filter(processed_at__lt=timezone.now() - older_than).delete()
    return count


class _Nudger(threading.Thread):
    """A thread of this process that drains at once when something was committed here. The sweep is the guarantee."""

    def __init__(self) -> None:
        super().__init__(name="outbox-nudge", daemon=True)
        self.wanted = threading.Event()

    def run(self) -> None:
        while self.wanted.wait():
            self.wanted.clear()
            try:
                drain()
            except Exception:
                log.exception("the outbox could not be drained; the worker's sweep will try again")
            finally:
                close_old_connections()


def nudge_after_commit() -> None:
    if settings.OUTBOX_NUDGE:
        transaction.on_commit(nudge)


_nudger: _Nudger | None = None
_nudger_lock = threading.Lock()


def nudge() -> None:
    """Have this process drain soon, in a thread of its own."""
    global _nudger
    with _nudger_lock:
        if _nudger is None or not _nudger.is_alive():
            _nudger = _Nudger()
            _nudger.start()
    _nudger.wanted.set()
