"""From what happened to what watchers are to be told: the audit chain of each organization is followed as alerts follow it.

How far is noted in the transaction that writes the rows, with that note locked: so nothing is told twice or left out, whatever
dies meanwhile; and a unique row for each person and event says so even where that note was lost, as in a restore.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from flags.models import WatchedEvent, WatchPosition
from flags.watching.subjects import flags_of
from flags.watching.watchers import watchers_of
from tenants.models import AuditEvent, AuditHead, Organization, User, WatchMail
from tenants.webhooks.announcing import AT_ONCE, position_of

KEPT = timedelta(days=8)
# What could not be told in so long, as to somebody whose account sleeps, is not told any more.
PATIENCE = timedelta(days=30)

log = logging.getLogger(__name__)


def follow() -> int:
    """Look at what happened since the last time; returns how many rows that made. Safe to run in any number of processes."""
    end = AuditHead.objects.filter(chain=OuterRef("pk")).values("position")
    seen = WatchPosition.with_deleted.filter(organization=OuterRef("pk")).values("position")
    behind = Organization.with_deleted.alias(end=Subquery(end), seen=Coalesce(Subquery(seen), Value(0)))
    return sum(_carefully(pk) for pk in list(behind.filter(end__gt=F("seen")).values_list("pk", flat=True)))


def _carefully(organization_id: str) -> int:
    """What fails in one organization is no other's trouble, and is tried again."""
    try:
        with transaction.atomic():
            return _look(organization_id)
    except Exception:
        log.exception(
            "what happened in %s could not be noted for watchers; the next round tries again", organization_id
        )
        return 0


def _look(organization_id: str) -> int:
    WatchPosition.with_deleted.get_or_create(organization_id=organization_id)
    noted = WatchPosition.with_deleted.select_for_update().get(organization_id=organization_id)
    end = position_of(organization_id)
    chain = AuditEvent.with_deleted.filter(chain=organization_id, position__gt=noted.position, position__lte=end)
    entries = list(chain.order_by("position")[:AT_ONCE])
    rows = list(_rows(organization_id, entries))
    WatchedEvent.with_deleted.bulk_create(rows, ignore_conflicts=True)
    # Where the oldest entries were purged there may be none left.
    WatchPosition.with_deleted.filter(pk=noted.pk).update(position=entries[-1].position if entries else end)
    return len(rows)


def _rows(organization_id: str, entries: Sequence[AuditEvent]) -> Iterator[WatchedEvent]:
    flag_ids = flags_of(entries)
    watchers = watchers_of(flag_ids.values())
    listening = _listening({user_id for people in watchers.values() for user_id in people})
    for event in (entry for entry in entries if entry.id in flag_ids):
        flag_id = flag_ids[event.id]
        for user_id, (how, since) in watchers[flag_id].items():
            is_own = (event.actor_kind, event.actor_id) == ("user", user_id)
            is_news = since is None or since <= event.at
            if user_id in listening and not is_own and is_news and how.hears_of(event.environment_id):
                yield WatchedEvent(
                    organization_id=organization_id,
                    flag_id=flag_id,
                    user_id=user_id,
                    event_id=event.id,
                    environment_id=event.environment_id,
                    at=event.at,
                )


def _listening(user_ids: set[str]) -> set[str]:
    people = User.objects.filter(pk__in=user_ids, is_active=True).exclude(hears_of_watched_flags=WatchMail.NEVER)
    return set(people.values_list("pk", flat=True))


def forget_told(now: datetime) -> int:
    """Delete the rows of what was told, or could not be, long ago."""
    count, _ = WatchedEvent.with_deleted.filter(Q(told_at__lt=now - KEPT) | Q(at__lt=now - PATIENCE)).delete()
    return int(count)


def give_up_untold(now: datetime) -> int:
    """Nobody is told of what stands in the audit log by now; returns how much waited."""
    end = AuditHead.objects.filter(chain=OuterRef("organization_id")).values("position")
    WatchPosition.with_deleted.update(position=Coalesce(Subquery(end), F("position")))
    return WatchedEvent.with_deleted.filter(told_at=None).update(told_at=now)  # type: ignore[no-any-return]  # a plain manager
