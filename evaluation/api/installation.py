"""What the database knows of the whole installation, as Prometheus reads it; every process of the control plane says the same."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import Metric

from evaluation.dashboard.system.parts import LATE, MISSING, RUNNING, all_relays
from evaluation.delivery.exposition import gauge, gauges
from evaluation.manifest.numbers import PREFIX
from tenants import heartbeats, outbox, realm
from tenants.backups import standing
from tenants.models import ApiKey, Process
from tenants.queues import Queue, all_queues
from tenants.selectors import ending_keys

KINDS = (*Process.Kind.values, "relay")


@realm.everything()
def of_the_installation(now: datetime) -> list[Metric]:
    """In eight queries. Raises DatabaseError."""
    return [*_outbox(now), *_queues(now), *_processes(now), _ending(now), *_backups(now)]


def _outbox(now: datetime) -> Iterator[Metric]:
    backlog = outbox.backlog()
    yield gauge(f"{PREFIX}_outbox_waiting", "Changes that are not told yet.", backlog.waiting)
    yield gauge(f"{PREFIX}_outbox_oldest_seconds", "How long the oldest of them waits.", _age(backlog.oldest, now))
    yield gauge(
        f"{PREFIX}_outbox_parked", "Changes that could not be told, and are not tried any more.", backlog.parked
    )


def _queues(now: datetime) -> Iterator[Metric]:
    found = {_name_of(queue): queue for queue in all_queues()}
    yield gauges(
        f"{PREFIX}_queue_waiting",
        "What waits to be done by the worker, by queue.",
        ("queue",),
        (((name,), queue.waiting) for name, queue in found.items()),
    )
    yield gauges(
        f"{PREFIX}_queue_oldest_seconds",
        "How long the oldest waits.",
        ("queue",),
        (((name,), _age(queue.oldest, now)) for name, queue in found.items()),
    )


def _name_of(queue: Queue) -> str:
    return queue.name.lower().replace(" ", "_")


def _processes(now: datetime) -> Iterator[Metric]:
    rows = list(Process.objects.values_list("kind", "seen_at", "messages"))
    heard = [(kind, heartbeats.state_of(seen_at, now), seen_at) for kind, seen_at, _ in rows]
    heard += [("relay", relay.state, relay.seen_at) for relay in all_relays(now)]
    yield gauges(
        f"{PREFIX}_processes",
        "Processes by kind and by how long they have been silent.",
        ("kind", "state"),
        (
            ((kind, state), sum((kind, state) == each[:2] for each in heard))
            for kind in KINDS
            for state in (RUNNING, LATE, MISSING)
        ),
    )
    latest = {kind: max(seen for of, _, seen in heard if of == kind) for kind in {each[0] for each in heard}}
    yield gauges(
        f"{PREFIX}_heartbeat_age_seconds",
        "Since the last word of any process of a kind.",
        ("kind",),
        (((kind,), _age(latest[kind], now)) for kind in KINDS if kind in latest),
    )
    messages = [count for _, seen_at, count in rows if count is not None and now - seen_at < heartbeats.MISSING]
    if messages:
        yield gauge(f"{PREFIX}_broker_messages", "Messages that wait for a worker, as one said last.", max(messages))


def _ending(now: datetime) -> Metric:
    ending = ending_keys(ApiKey.objects.all(), now).count()
    return gauge(f"{PREFIX}_api_keys_ending", "Keys that end within 14 days, and have no successor.", ending)


def _backups(now: datetime) -> Iterator[Metric]:
    """What never happened is not there."""
    found = standing.moments()
    if found["backup"]:
        words = "Since the newest backup that succeeded was begun."
        yield gauge(f"{PREFIX}_backup_age_seconds", words, _age(found["backup"], now))
    if found["drill"]:
        passed = float(found["drill"] == found["passed"])
        yield gauge(f"{PREFIX}_backup_drill_passed", "1 when the newest restore drill passed, otherwise 0.", passed)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
