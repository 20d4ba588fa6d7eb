"""What a backup had not sent yet, given up: for a copy that must reach nobody, or so that nothing is said twice."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from tenants.models import Alert, AuditHead, Mail, Webhook, WebhookDelivery

WHY = "not sent: restored without what was outgoing"

Quiet = Callable[[datetime], int]
_others: list[Quiet] = []


def also(quiet: Quiet) -> None:
    """For the apps above, when they are ready: what else waits to be sent; returns how much that was."""
    if quiet not in _others:
        _others.append(quiet)


def give_up_outgoing(now: datetime) -> int:
    """Mails, deliveries of webhooks, and whatever would yet be made of what stands in the audit log; returns how many waited."""
    mails = Mail.objects.filter(sent_at=None, given_up_at=None).update(given_up_at=now, last_error=WHY)
    waiting = WebhookDelivery.with_deleted.filter(state=WebhookDelivery.State.WAITING)
    deliveries = waiting.update(state=WebhookDelivery.State.FAILED, done_at=now, answer=WHY)
    end = AuditHead.objects.filter(chain=OuterRef("organization_id")).values("position")
    for follower in (Webhook, Alert):
        follower.with_deleted.update(position=Coalesce(Subquery(end), F("position")))
    return int(mails + deliveries + sum(quiet(now) for quiet in _others))
