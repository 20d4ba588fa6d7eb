"""The transactional outbox: `put` inside the transaction of a change, `drain` outside of any.

A row that lies in an environment is worked off under that environment's lock, all waiting rows of the environment in one
batch, so that a hundred quick changes make one manifest. Handlers are registered per topic by the apps that listen.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, close_old_connections, connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Least
from django.utils import timezone

from tenants.models import Environment, Organization, OutboxEvent

Handler = Callable[[Environment, Sequence[OutboxEvent]], None]
RETRY_SECONDS = (1, 2, 5, 15, 60, 300)
SERIALIZATION_RETRIES = 5
# PostgreSQL's words for "somebody else was there first": serialization failure, deadlock.
LOOK_AGAIN = {"40001", "40P01"}
MOST_ATTEMPTS = 30_000

log = logging.getLogger(__name__)
_handlers: list[tuple[str, Handler]] = []


def listen(topic_prefix: str, handler: Handler) -> None:
    """Have the handler called for each batch of an environment that holds a topic with this prefix."""
    if (topic_prefix, handler) not in _handlers:
        _handlers.append((topic_prefix, handler))


def put(topic: str, scope: Environment | Organization | None, payload: dict[str, Any] | None = None) -> OutboxEvent:
    """Say, in the transaction of a change, that it happened. Nobody hears of it unless the transaction commits."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("outbox.put belongs into the transaction of the change that it tells of")
    environment = scope if isinstance(scope, Environment) else None
    organization_id = environment.organization_id if environment else scope.pk if scope else None
    event = OutboxEvent.objects.create(
        topic=topic, organization_id=organization_id, environment=environment, payload=payload or {}
    )
    if settings.OUTBOX_NUDGE:
        transaction.on_commit(nudge)
    return event


def put_everywhere(topic: str, environments: Iterable[Environment], payload: dict[str, Any] | None = None) -> None:
    """The same news for several environments, as for a change of a flag's variants."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("outbox.put belongs into the transaction of the change that it tells of")
    OutboxEvent.objects.bulk_create(
        OutboxEvent(
            topic=topic, organization_id=environment.organization_id, environment=environment, payload=payload or {}
        )
        for environment in environments
    )
    if settings.OUTBOX_NUDGE:
        transaction.on_commit(nudge)


def waiting() -> Any:
    now = timezone.now()
    return OutboxEvent.objects.filter(Q(not_before__isnull=True) | Q(not_before__lte=now), processed_at__isnull=True)


def drain() -> int:
    """Work off what waits; returns how many rows were done. Safe to run in any number of processes at once."""
    environment_ids = list(waiting().values_list("environment_id", flat=True).distinct())
    return sum(_drain_environment(environment_id) for environment_id in environment_ids)


def _drain_environment(environment_id: str | None) -> int:
    for _ in range(SERIALIZATION_RETRIES):
        try:
            return _work_off(environment_id)
        except Exception as error:
            # Another process drained this environment since our snapshot was taken: look again.
            if not _is_serialization_failure(error):
                _postpone(environment_id, error)
                return 0
    return 0


def _is_serialization_failure(error: Exception) -> bool:
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") in LOOK_AGAIN


def _work_off(environment_id: str | None) -> int:
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        environment = _locked(environment_id)
        events = list(waiting().filter(environment_id=environment_id).order_by("id"))
        if environment is not None:
            for handler in _handlers_of(events):
                handler(environment, events)
        return OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(processed_at=timezone.now())


def _locked(environment_id: str | None) -> Environment | None:
    """The environment, also a deleted one: what it owes the world is still owed.

    Locked by a write that changes nothing, not by SELECT FOR UPDATE: a second drainer that waited for the lock has an old
    snapshot, in which the rows still wait. A write makes PostgreSQL tell it so (40001), and it looks again.
    """
    rows: Any = Environment.with_deleted.filter(pk=environment_id)
    rows.update(position=F("position"))
    found: Environment | None = rows.select_related("project").first()
    return found


def _handlers_of(events: Sequence[OutboxEvent]) -> list[Handler]:
    found: dict[Handler, None] = {}
    for prefix, handler in _handlers:
        if any(event.topic.startswith(prefix) for event in events):
            found[handler] = None
    return list(found)


def _postpone(environment_id: str | None, error: Exception) -> None:
    log.exception("outbox handler failed for environment %s", environment_id)
    rows = waiting().filter(environment_id=environment_id)
    attempts = max(rows.values_list("attempts", flat=True), default=0)
    seconds = RETRY_SECONDS[min(attempts, len(RETRY_SECONDS) - 1)]
    rows.update(
        attempts=Least(F("attempts") + 1, Value(MOST_ATTEMPTS)),
        last_error=f"{type(error).__name__}: {error}"[:2000],
        not_before=timezone.now() + timedelta(seconds=seconds),
    )


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
