"""How it stands with backups and drills: the newest of each, and whether that is late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, Q

from tenants import realm
from tenants.models import BackupRun

# One is due every day at this hour (UTC), so with an hour for the making of it and another for a second try.
HOUR = 2
LATE_AFTER = timedelta(hours=26)
STORED = Q(kind=BackupRun.Kind.BACKUP, found__stored=True)
DRILLED = Q(kind=BackupRun.Kind.DRILL)
GOOD = Q(error="")


@dataclass(frozen=True, slots=True)
class Standing:
    """`backup` and `drill` are the newest good one and the newest of all; `failed` is a backup that failed since the good one."""

    backup: BackupRun | None
    failed: BackupRun | None
    drill: BackupRun | None
    is_late: bool


def standing(now: datetime) -> Standing:
    """In three small queries."""
    backup = _newest(STORED & GOOD)
    failed = _newest(STORED & ~GOOD)
    if failed is not None and backup is not None and failed.started_at < backup.started_at:
        failed = None
    return Standing(backup, failed, _newest(DRILLED), is_late(now, backup))


def is_late(now: datetime, backup: BackupRun | None) -> bool:
    """Without any good one: whether the first attempt was so long ago."""
    if not settings.BACKUP_DAILY:
        return False
    since = backup or BackupRun.objects.filter(STORED).order_by("started_at").first()
    return since is not None and now - since.started_at > LATE_AFTER


def is_due(now: datetime) -> bool:
    """Whether none was made since the last time that the clock struck the hour."""
    struck = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    struck -= timedelta(days=struck > now)
    return bool(settings.BACKUP_DAILY) and not BackupRun.objects.filter(STORED & GOOD, started_at__gte=struck).exists()


@realm.everything()
def moments() -> dict[str, Any]:
    """For /metrics, in one query: when the newest good `backup`, the newest good `passed` and any `drill` began; None: never."""
    found: dict[str, Any] = BackupRun.objects.aggregate(
        backup=Max("started_at", filter=STORED & GOOD),
        passed=Max("started_at", filter=DRILLED & GOOD),
        drill=Max("started_at", filter=DRILLED),
    )
    return found


def _newest(which: Q) -> BackupRun | None:
    found: BackupRun | None = BackupRun.objects.filter(which).order_by("-started_at").first()
    return found
