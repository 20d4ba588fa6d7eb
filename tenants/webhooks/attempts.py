"""Which delivery is tried next, and what becomes of it: told, tried again later, or given up.

A webhook is told one thing at a time, the oldest that is due first; whoever tries has it to themselves for a while
(`busy_until`), in whatever process. A worker that dies leaves nothing behind but that time: then another tries again, so an
event may be told twice, and never not at all.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from tenants.models import Webhook, WebhookDelivery
from tenants.webhooks.sending import DEADLINE, Answer, Letter
from tenants.webhooks.signing import headers_of

WAITING, DELIVERED, FAILED = (
    WebhookDelivery.State.WAITING,
    WebhookDelivery.State.DELIVERED,
    WebhookDelivery.State.FAILED,
)

# After each failure so many seconds, a fifth more or less: eleven attempts within 23 hours.
RETRY_SECONDS = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 32_400)
MOST_TRIES = 1 + len(RETRY_SECONDS)
JITTER = 0.2
# Longer than any attempt takes.
BUSY_SECONDS = 2 * DEADLINE + 10
LONGEST_WAIT = timedelta(days=1)
# It answers, but so late that it waits in the lane of those that fail.
SLOW_MILLISECONDS = 2_000
KEPT_ATTEMPTS = 20
# A webhook that failed as often in a row, and for as long, is disabled.
FAILURES_TO_DISABLE, FAILING_TO_DISABLE = 15, timedelta(days=3)
GONE = 410


@dataclass(frozen=True, slots=True)
class Attempt:
    """A delivery that is ours to try until `until`."""

    delivery: WebhookDelivery
    letter: Letter
    until: datetime


def claim(most: int, now: datetime, *, is_slow: bool) -> list[Attempt]:
    """Deliveries that are due, of so many webhooks at most; those that waited longest for their turn first."""
    due = WebhookDelivery.with_deleted.filter(webhook=OuterRef("pk"), state=WAITING, not_before__lte=now)
    webhooks = Webhook.with_deleted.filter(_is_free(now), Exists(due), disabled_at__isnull=True, is_slow=is_slow)
    ids = webhooks.order_by(F("tried_at").asc(nulls_first=True)).values_list("pk", flat=True)[:most] if most else []
    return [attempt for webhook_id in list(ids) if (attempt := _claim_of(webhook_id, now)) is not None]


def _is_free(now: datetime) -> Q:
    return Q(busy_until__isnull=True) | Q(busy_until__lt=now)


def _claim_of(webhook_id: str, now: datetime) -> Attempt | None:
    """None where another process was quicker."""
    until = now + timedelta(seconds=BUSY_SECONDS)
    free = Webhook.with_deleted.filter(_is_free(now), pk=webhook_id, disabled_at__isnull=True)
    if not free.update(busy_until=until, tried_at=now):
        return None
    due = WebhookDelivery.with_deleted.filter(webhook=webhook_id, state=WAITING, not_before__lte=now)
    delivery = due.select_related("webhook").order_by("id").first()
    if delivery is None:
        Webhook.with_deleted.filter(pk=webhook_id, busy_until=until).update(busy_until=None)
        return None
    return Attempt(delivery, letter_of(delivery, now), until)


def letter_of(delivery: WebhookDelivery, now: datetime) -> Letter:
    headers = headers_of(delivery.webhook, delivery.event_id, delivery.body, now)
    return Letter(delivery.webhook.url, delivery.body.encode(), headers, settings.WEBHOOK_NETWORKS)


def settle(attempt: Attempt, answer: Answer, now: datetime) -> str:
    """Write down what came of it. Returns why the webhook should be disabled, "" for no reason."""
    with transaction.atomic():
        rows = Webhook.with_deleted.select_for_update(of=("self",), no_key=True)
        webhook: Webhook | None = rows.filter(pk=attempt.delivery.webhook_id).first()
        if webhook is None:  # deleted meanwhile, its deliveries with it
            return ""
        fields = _told(attempt.delivery, answer, now) if answer.is_good else _failed(attempt.delivery, answer, now)
        # Not what was given up or replayed while we tried.
        WebhookDelivery.with_deleted.filter(pk=attempt.delivery.pk, state=WAITING).update(**fields)
        _note(webhook, attempt, answer, now)
        return _reason_to_disable(webhook, answer, now)


def _told(delivery: WebhookDelivery, answer: Answer, now: datetime) -> dict[str, Any]:
    return {**_tried(delivery, answer, now), "state": DELIVERED, "done_at": now}


def _failed(delivery: WebhookDelivery, answer: Answer, now: datetime) -> dict[str, Any]:
    tried = _tried(delivery, answer, now)
    if tried["tries"] >= MOST_TRIES:
        return {**tried, "state": FAILED, "done_at": now}
    return {**tried, "not_before": now + _pause(tried["tries"], answer, now)}


def _tried(delivery: WebhookDelivery, answer: Answer, now: datetime) -> dict[str, Any]:
    attempt = {"at": now.isoformat(), "status": answer.status, "ms": answer.milliseconds, "fault": answer.fault}
    attempts = [*delivery.attempts, attempt][-KEPT_ATTEMPTS:]
    return {"tries": delivery.tries + 1, "attempts": attempts, "answer": answer.text}


def _pause(tries: int, answer: Answer, now: datetime) -> timedelta:
    """Until the next attempt: at least what the other side asks for by `Retry-After`, up to a day."""
    usual = RETRY_SECONDS[tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  (no secret)
    return max(timedelta(seconds=usual), asked_pause(answer.retry_after, now))


def asked_pause(retry_after: str, now: datetime) -> timedelta:
    """Seconds, or a date; nothing for what is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return timedelta()
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), LONGEST_WAIT)


def _note(webhook: Webhook, attempt: Attempt, answer: Answer, now: datetime) -> None:
    noted: Mapping[str, Any] = {
        "failures": 0 if answer.is_good else webhook.failures + 1,
        "failing_since": None if answer.is_good else webhook.failing_since or now,
        "is_slow": not answer.is_good or answer.milliseconds > SLOW_MILLISECONDS,
        # Ours no longer, unless somebody else has it by now.
        "busy_until": None if webhook.busy_until == attempt.until else webhook.busy_until,
    }
    Webhook.with_deleted.filter(pk=webhook.pk).update(**noted)
    webhook.failures, webhook.failing_since = noted["failures"], noted["failing_since"]


def _reason_to_disable(webhook: Webhook, answer: Answer, now: datetime) -> str:
    if webhook.disabled_at is not None:
        return ""
    if answer.status == GONE:
        return "Its address answered 410: it is gone for good."
    since = webhook.failing_since
    if since is not None and webhook.failures >= FAILURES_TO_DISABLE and now - since >= FAILING_TO_DISABLE:
        return f"It failed {webhook.failures} times in a row since {since:%d %B %Y}."
    return ""


def forget_deliveries(now: datetime, days: int) -> int:
    """Delete what is older than so many days, told or not; returns how many."""
    count, _ = WebhookDelivery.with_deleted.filter(created_at__lt=now - timedelta(days=days)).delete()
    return int(count)
