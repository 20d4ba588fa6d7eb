"""What waits to be done, by name: apps that have a queue in a table say how it is counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from tenants import outbox
from tenants.models import Mail, WebhookDelivery


@dataclass(frozen=True, slots=True)
class Queue:
    """`oldest` is since when the oldest waits, None for nothing; `parked` were given up and wait for a person."""

    name: str
    waiting: int
    oldest: datetime | None = None
    parked: int = 0


Counter = Callable[[], Queue]
_counters: list[Counter] = []


def counted_by(counter: Counter) -> None:
    """Have this queue among those of the installation."""
    if counter not in _counters:
        _counters.append(counter)


def all_queues() -> list[Queue]:
    """One query each, over what waits alone."""
    return [counter() for counter in (_changes, _mails, _webhooks, *_counters)]


def _changes() -> Queue:
    return Queue("Changes to publish", *outbox.backlog())


def _mails() -> Queue:
    found = Mail.objects.filter(sent_at__isnull=True).aggregate(
        waiting=Count("pk", filter=Q(given_up_at__isnull=True)),
        oldest=Min("created_at", filter=Q(given_up_at__isnull=True)),
        parked=Count("pk", filter=Q(given_up_at__isnull=False)),
    )
    return Queue("Mails", **found)


def _webhooks() -> Queue:
    waiting = WebhookDelivery.with_deleted.filter(state=WebhookDelivery.State.WAITING)
    return Queue("Webhooks", **waiting.aggregate(waiting=Count("pk"), oldest=Min("created_at")))
