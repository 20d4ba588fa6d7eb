"""The daily backup, and mails to whoever runs the installation when none succeeds or a drill fails: once each."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from tenants import outgoing_mail
from tenants.backups import daily, standing
from tenants.letters import Letter, absolute
from tenants.models import BackupRun, User

KEPT = timedelta(days=400)

log = logging.getLogger(__name__)


def keep_up(now: datetime) -> bool:
    """Make a backup if one is due, and tell people when none has succeeded for too long; returns whether one was made."""
    made = standing.is_due(now) and _made()
    tell_of_late(now)
    BackupRun.objects.filter(started_at__lt=now - KEPT).delete()
    return made


def _made() -> bool:
    """What keeps it from being made is written down with it, and tried again in an hour."""
    try:
        daily.back_up_to_storage()
    except Exception:
        log.exception("the daily backup failed")
        return False
    return True


def tell_of_late(now: datetime) -> int:
    """Returns how many people were told; nobody is told twice of the same lack."""
    found = standing.standing(now)
    since = found.backup or BackupRun.objects.filter(standing.STORED).order_by("started_at").first()
    if not found.is_late or since is None:
        return 0
    hours = int((now - since.started_at).total_seconds() // 3600)
    last = found.backup.name if found.backup else "none ever"
    why = found.failed.error if found.failed else "nobody tried: the worker or its timetable may stand still"
    return _tell(
        since,
        now,
        Letter(
            subject=f"FlagForge: no backup for {hours} hours",
            lead=f"The daily backup has not succeeded for {hours} hours. It is tried again every hour.",
            facts=(("The last one", last), ("Why", why)),
            action="System status",
            address=absolute(reverse("system:system")),
        ),
    )


def tell_of_drill(drill: BackupRun, now: datetime) -> int:
    """Of one that failed after one that did not."""
    earlier = (
        BackupRun.objects.filter(standing.DRILLED, started_at__lt=drill.started_at).order_by("-started_at").first()
    )
    if drill.is_good or (earlier is not None and not earlier.is_good):
        return 0
    return _tell(
        drill,
        now,
        Letter(
            subject="FlagForge: the restore drill failed",
            lead=f"The backup {drill.name} was restored on trial, and did not give what it should.",
            facts=(("What happened", drill.error),),
            action="System status",
            address=absolute(reverse("system:system")),
        ),
    )


def _tell(run: BackupRun, now: datetime, letter: Letter) -> int:
    with transaction.atomic():
        if not BackupRun.objects.filter(pk=run.pk, late_told_at=None).update(late_told_at=now):
            return 0
        people = list(User.objects.filter(is_superuser=True, is_active=True, deleted_at=None))
        for person in people:
            outgoing_mail.post(letter, person)
    log.error("%s", letter.subject)
    return len(people)
