"""Flags that stay: who said so, when and why, as the history of each has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Max, OuterRef, Q, Subquery

from flags.models import Flag
from tenants.models import Project


@dataclass(frozen=True, slots=True)
class Keeping:
    """`reason` is "" where nobody gave one; `by` where a program or the system did it."""

    flag: Flag
    reason: str
    by: str
    at: datetime | None


def kept_in(project: Project) -> list[Keeping]:
    flags = Flag.objects.filter(project=project, archived_at__isnull=True, is_permanent=True).select_related("owner")
    return keepings_of(list(flags.order_by("key")))


def keepings_of(flags: Sequence[Flag]) -> list[Keeping]:
    """Of those among the flags that are kept, in one query: the first version since each is so without a break."""
    kept = [flag for flag in flags if flag.is_permanent]
    history: Any = Flag.history
    before = history.filter(id=OuterRef("id"), is_permanent=False).order_by().values("id")
    rows = history.filter(id__in=[flag.pk for flag in kept], is_permanent=True).annotate(
        last_time_not=Subquery(before.annotate(last=Max("history_id")).values("last"))
    )
    since = rows.filter(Q(last_time_not__isnull=True) | Q(history_id__gt=F("last_time_not")))
    first = {row.id: row for row in since.select_related("history_user").order_by("-history_id")} if kept else {}
    return [_keeping(flag, first.get(flag.pk)) for flag in kept]


def _keeping(flag: Flag, row: Any) -> Keeping:
    if row is None:
        return Keeping(flag, "", "", None)
    by = str(row.history_user) if row.history_user is not None else ""
    return Keeping(flag, row.history_change_reason or "", by, row.history_date)
