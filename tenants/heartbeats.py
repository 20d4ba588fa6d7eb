"""Which processes of this installation live: each says so every few seconds, in a row of its own.

The table is the truth on SQLite and PostgreSQL, with Redis and without. Who stops in good order says goodbye and is not missed;
who is silent is late, then missing, and after an hour forgotten.
"""

from datetime import datetime, timedelta

from django.conf import settings

from tenants.models import Process

SAY_SECONDS = 10.0
LATE, MISSING, REMEMBERED = timedelta(seconds=25), timedelta(seconds=60), timedelta(hours=1)
TIMETABLE = "timetable"
FIELDS = ("name", "version", "seen_at", "messages")


def say(
    process_id: str, kind: str, name: str, *, started_at: datetime, now: datetime, messages: int | None = None
) -> None:
    """One statement."""
    row = Process(
        id=process_id,
        kind=kind,
        name=name[:200],
        version=settings.VERSION,
        started_at=started_at,
        seen_at=now,
        messages=messages,
    )
    Process.objects.bulk_create([row], update_conflicts=True, unique_fields=["id"], update_fields=FIELDS)


def keep_time(*, now: datetime) -> None:
    """Said by a task of the timetable: so it is kept, and a worker does what it asks for. Forgets who was silent for an hour.

    Its beginning is when it was heard first after it had been missing.
    """
    Process.objects.filter(seen_at__lt=now - REMEMBERED).delete()
    Process.objects.filter(id=TIMETABLE, seen_at__lt=now - MISSING).update(started_at=now)
    say(TIMETABLE, Process.Kind.TIMETABLE, "timetable", started_at=now, now=now)


def say_goodbye(process_id: str) -> None:
    Process.objects.filter(id=process_id).delete()


def state_of(seen_at: datetime, now: datetime) -> str:
    """`running`, `late` or `missing`."""
    silent = now - seen_at
    return "missing" if silent >= MISSING else "late" if silent >= LATE else "running"
