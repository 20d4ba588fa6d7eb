"""From what happened to what is to be told: a row for each webhook and event, once.

Webhooks follow the audit chain of their organization, whose order is that of the commits and which has no gaps: its head is
locked by whoever writes. So each webhook notes how far it was told, and nothing is told twice or left out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from tenants.models import AuditEvent, AuditHead, Organization, OutboxEvent, Webhook, WebhookDelivery
from tenants.webhooks.bodies import body_of
from tenants.webhooks.events import ANNOUNCED, Event, announced, events_of, is_narrow, wants

AT_ONCE = 500


def announce(now: datetime) -> int:
    """Make the rows of what happened since the last time; returns how many. Safe to run in any number of processes."""
    end = AuditHead.objects.filter(chain=OuterRef("organization_id")).values("position")
    behind = (
        Webhook.with_deleted.filter(disabled_at__isnull=True).alias(end=Subquery(end)).filter(position__lt=F("end"))
    )
    return sum(_announce_to(webhook_id, now) for webhook_id in list(behind.values_list("pk", flat=True)))


def _announce_to(webhook_id: str, now: datetime) -> int:
    with transaction.atomic():
        rows = Webhook.with_deleted.select_for_update(of=("self",), no_key=True).select_related("organization")
        webhook: Webhook | None = rows.filter(pk=webhook_id, disabled_at__isnull=True).first()
        if webhook is None:
            return 0
        end = position_of(webhook.organization_id)
        chain = AuditEvent.with_deleted.filter(chain=webhook.organization_id, position__gt=webhook.position)
        entries = list(chain.filter(position__lte=end).order_by("position")[:AT_ONCE])
        made = deliver(webhook, events_of(entries, webhook.organization, with_flags=is_narrow(webhook)), now)
        # Where the oldest entries were purged there may be none left.
        Webhook.with_deleted.filter(pk=webhook_id).update(position=entries[-1].position if entries else end)
        return len(made)


def position_of(organization_id: str) -> int:
    """Where the chain of the organization ends."""
    head = AuditHead.objects.filter(chain=organization_id).values_list("position", flat=True).first()
    return head or 0


def deliver(webhook: Webhook, events: Iterable[Event], now: datetime) -> list[WebhookDelivery]:
    """Rows for those of the events that the webhook wants."""
    rows = [a_delivery(webhook, event, now) for event in events if wants(webhook, event)]
    return WebhookDelivery.with_deleted.bulk_create(rows)  # type: ignore[no-any-return]  # a plain manager


def a_delivery(webhook: Webhook, event: Event, now: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        organization_id=webhook.organization_id,
        webhook=webhook,
        event_id=event.id,
        event_type=event.type,
        body=body_of(event, webhook),
        created_at=now,
        not_before=now,
    )


def heard(rows: Sequence[OutboxEvent]) -> None:
    """For the outbox: what it tells of and the audit log does not have, in the transaction that works the rows off."""
    for row in rows:
        if row.topic in ANNOUNCED and row.organization_id is not None:
            _tell(row)


def _tell(row: OutboxEvent) -> None:
    organization: Any = Organization.with_deleted.get(pk=row.organization_id)
    event = announced(row.topic, organization, row.created_at, row.payload)
    webhooks = Webhook.with_deleted.filter(organization=organization, disabled_at__isnull=True)
    for webhook in webhooks.select_related("organization"):
        deliver(webhook, [event], row.created_at)
