"""Mails to those who watch flags: at once, once a day or once a week, one for each person and organization.

What is told is marked in the transaction that has the mail sent, with the person's row locked: so a worker that is killed
leaves nothing half done, and of two at once the second finds that all is told. Who may see what is asked in that moment; of what
made no mail nothing stays, so that it takes none of the mails of an hour.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min

from flags.models import Flag, WatchedEvent
from flags.querysets import FlagQuerySet
from flags.watching.hours import last_digest_time
from flags.watching.letters import News, letter_of
from tenants import outgoing_mail
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, User, WatchMail
from tenants.permissions import actor_of, allowed
from tenants.roles import LOWEST_ROLE

# Several acts in a row are one mail: it waits until nothing more came for a while, but not for ever.
QUIET, SETTLED = timedelta(minutes=1), timedelta(minutes=2)
MOST_AN_HOUR = 10
HOUR = timedelta(hours=1)

log = logging.getLogger(__name__)


def send(now: datetime) -> int:
    """Mail what is due; returns how many mails that were. Safe to run in any number of processes."""
    waiting = WatchedEvent.with_deleted.filter(told_at__isnull=True).order_by()
    places = waiting.values_list("organization_id", "user_id").annotate(first=Min("at"), last=Max("at"))
    people = User.objects.in_bulk({user_id for _, user_id, *_ in places})
    return sum(
        _carefully(organization_id, user_id, now)
        for organization_id, user_id, first, last in places
        if _is_due(people.get(user_id), first, last, now)
    )


def _is_due(person: User | None, first: datetime, last: datetime, now: datetime) -> bool:
    """Also where nothing is to be told any more: then the rows go without a mail."""
    if person is None or not person.is_active or person.hears_of_watched_flags == WatchMail.NEVER:
        return True
    if person.hears_of_watched_flags == WatchMail.AT_ONCE:
        return now - last >= QUIET or now - first >= SETTLED
    return first < last_digest_time(person, now)


def _carefully(organization_id: str, user_id: str, now: datetime) -> int:
    """What fails with one person is no other's trouble, and is tried again."""
    try:
        with transaction.atomic():
            return _tell(organization_id, user_id, now)
    except Exception:
        log.exception("what %s watches in %s could not be told; the next round tries again", user_id, organization_id)
        return 0


def _tell(organization_id: str, user_id: str, now: datetime) -> int:
    person: User = User.with_deleted.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    rows = WatchedEvent.with_deleted.filter(organization=organization_id, user=person)
    waiting = rows.filter(told_at__isnull=True)
    times = waiting.aggregate(first=Min("at"), last=Max("at"))
    if times["first"] is None or not _is_due(person, times["first"], times["last"], now):
        return 0
    wants = person.hears_of_watched_flags != WatchMail.NEVER
    told = _mails_lately(rows, now)
    if wants and told >= MOST_AN_HOUR:
        return 0
    found = list(waiting.order_by("at", "event_id"))
    news = _news(organization_id, actor_of(person), found) if wants else []
    settled = rows.filter(pk__in=[row.pk for row in found])  # what came meanwhile waits for the next round
    if not news:
        settled.delete()
        return 0
    settled.update(told_at=now)
    organization: Any = Organization.objects.get(pk=organization_id)
    letter = letter_of(organization, person, news, is_last=told == MOST_AN_HOUR - 1)
    outgoing_mail.post(letter, person, organization)
    return 1


def _mails_lately(rows: Any, now: datetime) -> int:
    lately = rows.filter(told_at__gt=now - HOUR).order_by()
    return int(lately.values("told_at").distinct().count())


def _news(organization_id: str, actor: Actor, waiting: Sequence[WatchedEvent]) -> list[News]:
    """What the person may still see of it, in its order; what was purged meanwhile is not there."""
    if not Organization.objects.filter(pk=organization_id).exists():
        return []
    flags = _flags_seen_by(actor, {row.flag_id for row in waiting})
    environments = {
        each.pk: each
        for each in Environment.objects.visible_to(actor).filter(
            project__in={flag.project_id for flag in flags.values()}
        )
    }
    events = AuditEvent.with_deleted.in_bulk([row.event_id for row in waiting])
    found = []
    for row in waiting:
        flag, event = flags.get(row.flag_id), events.get(row.event_id)
        environment = environments.get(row.environment_id)
        if flag is None or event is None or (row.environment_id and environment is None):
            continue
        if _may_know(actor, event, environment or flag):
            found.append(News(flag, environment, event))
    return found


def _flags_seen_by(actor: Actor, ids: set[str]) -> dict[str, Flag]:
    """Deleted ones too, since that they were is news."""
    standing = {"project__deleted_at__isnull": True, "organization__deleted_at__isnull": True}
    seen = FlagQuerySet(Flag).visible_to(actor).filter(pk__in=ids, **standing)
    return {flag.pk: flag for flag in seen.select_related("project")}


def _may_know(actor: Actor, event: AuditEvent, place: Any) -> bool:
    """Whoever may not look at triggers, say, hears nothing of them."""
    look = f"{event.verb.partition('.')[0]}.view"
    return look in ("flag.view", "segment.view") or look not in LOWEST_ROLE or allowed(actor, look, place)
