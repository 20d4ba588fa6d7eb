"""From what happened to what is told: alerts follow the audit chain of their organization as webhooks do.

Each notes how far it has looked, in the transaction in which it tells, so that nothing is told twice or left out; and a row
for each event says so even where that note was lost, as in a restore.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from tenants import outbox
from tenants.alerts import telling
from tenants.alerts.matching import is_told
from tenants.models import Alert, AuditEvent, AuditHead, RaisedAlert
from tenants.webhooks.announcing import AT_ONCE, position_of
from tenants.webhooks.events import Event, events_of

KEPT = timedelta(days=8)
# What an alert repeats of the event; its two sides are in the audit log.
REPEATED = ("position", "project", "environment", "actor", "object", "comment", "request_id")

log = logging.getLogger(__name__)


def raise_alerts(now: datetime) -> int:
    """Look at what happened since the last time, and sum up what was held back; returns how many were raised.

    Safe to run in any number of processes.
    """
    end = AuditHead.objects.filter(chain=OuterRef("organization_id")).values("position")
    behind = Alert.with_deleted.alias(end=Subquery(end)).filter(position__lt=F("end"))
    raised = sum(_carefully(_look, alert_id, now) for alert_id in list(behind.values_list("pk", flat=True)))
    for alert_id in telling.held_back(now):
        _carefully(telling.sum_up, alert_id, now)
    return raised


def _carefully(work: Callable[[Alert, datetime], int], alert_id: str, now: datetime) -> int:
    """In one transaction with the alert locked. What fails with one alert is no other's trouble, and is tried again."""
    try:
        with transaction.atomic():
            rows = Alert.with_deleted.select_for_update(of=("self",), no_key=True).select_related("organization")
            alert: Alert | None = rows.filter(pk=alert_id).first()
            return work(alert, now) if alert is not None else 0
    except Exception:
        log.exception("the alert %s could not be looked after; the next round tries again", alert_id)
        return 0


def _look(alert: Alert, now: datetime) -> int:
    end = position_of(alert.organization_id)
    chain = AuditEvent.with_deleted.filter(chain=alert.organization_id, position__gt=alert.position)
    entries = list(chain.filter(position__lte=end).order_by("position")[:AT_ONCE])
    events = _untold(alert, [event for event in events_of(entries, alert.organization) if is_told(alert, event)])
    raised = [
        RaisedAlert(organization_id=alert.organization_id, alert=alert, event_id=event.id, raised_at=now)
        for event in events
    ]
    telling.tell(alert, list(zip(raised, events, strict=True)), now)
    RaisedAlert.with_deleted.bulk_create(raised)
    for event in events:
        outbox.put("alert.raised", alert.organization, payload_of(alert, event))
    # Where the oldest entries were purged there may be none left.
    Alert.with_deleted.filter(pk=alert.pk).update(position=entries[-1].position if entries else end)
    return len(raised)


def _untold(alert: Alert, events: Sequence[Event]) -> list[Event]:
    ids = [event.id for event in events]
    told = set(RaisedAlert.with_deleted.filter(alert=alert, event_id__in=ids).values_list("event_id", flat=True))
    return [event for event in events if event.id not in told]


def payload_of(alert: Alert, event: Event) -> dict[str, Any]:
    """What webhooks are told, which know their places by ids."""
    return {
        "alert": {"id": alert.id, "name": alert.name},
        "summary": telling.subject_of(alert, event),
        "event": {"id": event.id, "type": event.type, "at": event.at.isoformat().replace("+00:00", "Z")},
        **{name: event.data[name] for name in REPEATED},
        "project_id": event.project_id,
        "environment_id": event.environment_id,
    }


def forget_raised(now: datetime) -> int:
    """Delete the rows of what was told long ago."""
    count, _ = RaisedAlert.with_deleted.filter(told_at__lt=now - KEPT).delete()
    return int(count)
