"""On PostgreSQL batches lie in one partition a day, by the day of their `to`: made ahead, and dropped as a whole.

What has no partition (a clock that is days ahead, what comes weeks late, and everything where no worker makes any) lies in the
default one, and is moved from there when its day gets its own. So the same batch, which names the same day whenever it comes,
always meets its first copy.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

from analytics.models import TelemetryBatch

TABLE = TelemetryBatch._meta.db_table
# With today. Who makes them may be away for a while.
MADE_AHEAD = 4
DAY = timedelta(days=1)
# So long whoever sends waits behind somebody who waits for a lock; then that one gives up, and tries again at the next look.
LOCK_SECONDS = 2

# With the rights of whoever owns the table. What is in the way waits beside, until the partition is there, or is not any more.
MAKE, DROP = "SELECT analytics_make_day(%s)", "SELECT analytics_drop_day(%s, %s)"
NAMES = """SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = to_regclass(%s)"""


def name_of(day: date) -> str:
    return f"{TABLE}_{day:%Y%m%d}"


def days() -> list[date]:
    """Those that have a partition; none on SQLite."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(NAMES, [TABLE])
        found = (re.fullmatch(rf"{TABLE}_(\d{{8}})", name) for (name,) in cursor.fetchall())
    return sorted(datetime.strptime(each[1], "%Y%m%d").date() for each in found if each)


def make_ahead(*, now: datetime) -> int:
    """Partitions from today on, as far as they are missing; returns how many were made."""
    if connection.vendor != "postgresql":
        return 0
    wanted = {now.date() + number * DAY for number in range(MADE_AHEAD)}
    return sum(_make(day) for day in sorted(wanted - set(days())))


def drop(*, before: datetime) -> int:
    """All days that are over, and folded; returns how many batches went. Who came so late that their time is not over is kept."""
    return sum(_drop(day, before) for day in days() if day < before.date())


def _make(day: date) -> bool:
    with _alone() as cursor:
        if cursor is None or day in days():  # another worker was faster
            return False
        cursor.execute(MAKE, [day])
    return True


def _drop(day: date, before: datetime) -> int:
    rows = TelemetryBatch.with_deleted.filter(day=day)
    if rows.filter(is_folded=False).exists():
        return 0
    with _alone() as cursor:
        if cursor is None or day not in days() or rows.filter(is_folded=False).exists():
            return 0
        count: int = rows.filter(received_at__lt=before).count()
        cursor.execute(DROP, [day, before])
    return count


@contextmanager
def _alone() -> Generator[Any, None, None]:
    """A cursor in a transaction that has the whole table; None where it cannot be had soon."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        try:
            with transaction.atomic():
                cursor.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        except OperationalError:
            yield None
        else:
            yield cursor
