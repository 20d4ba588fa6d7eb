"""Rows of the outbox that failed too often, and what an operator does about them."""

from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import check
from tenants.models import OutboxEvent
from tenants.permissions import NotAllowed
from tenants.problems import Conflict


def retry_outbox_event(event: OutboxEvent, *, actor: Actor, comment: str = "") -> None:
    """Have a parked row tried again at once, as if it had never failed. The system and superusers only.

    `Conflict` for a row that is not parked.
    """
    if not actor.may_everything:
        raise NotAllowed(actor, "outbox_event.retry", event, "the rows of all organizations lie in one outbox")
    check(None, comment)
    with transaction.atomic():
        rows = outbox.parked().filter(pk=event.pk)
        if not rows.update(parked_at=None, not_before=None, attempts=0):
            raise Conflict(f"{event} is not parked.")
        audit.record(actor, "outbox_event.retried", event, {"last_error": event.last_error}, None, comment=comment)
        outbox.nudge_after_commit()
