"""Working hours as plain data, and whether a moment lies outside of them.

`{"days": ["mon", "tue"], "from": "09:00", "until": "18:00", "time_zone": "Europe/Riga"}`; empty: there are none.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tenants.problems import Fault
from tenants.time_zones import time_zones

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MEMBERS = ("days", "from", "until", "time_zone")


def is_outside(hours: Mapping[str, Any], at: datetime) -> bool:
    """Whether nobody works then, by the clocks of the zone. Hours that pass midnight belong to the day on which they began.

    Where both times are the same, a day has all its 24 hours from then.
    """
    if not hours:
        return True
    local = at.astimezone(ZoneInfo(hours["time_zone"]))
    begins, ends, now = time.fromisoformat(hours["from"]), time.fromisoformat(hours["until"]), local.time()
    if begins < ends:
        return not (begins <= now < ends and _is_worked(hours, local))
    began_today = now >= begins and _is_worked(hours, local)
    return not (began_today or (now < ends and _is_worked(hours, local - timedelta(days=1))))


def _is_worked(hours: Mapping[str, Any], day: datetime) -> bool:
    return DAYS[day.weekday()] in hours["days"]


def faults_of_hours(hours: Any) -> Iterator[Fault]:
    """What is wrong with hours from outside."""
    if not isinstance(hours, dict) or (hours and set(hours) != set(MEMBERS)):
        yield Fault("working_hours", f"Give {', '.join(MEMBERS)} and nothing else; or {{}} for none.")
    elif hours:
        yield from _faults(hours)


def _faults(hours: Mapping[str, Any]) -> Iterator[Fault]:
    days = hours["days"]
    if not isinstance(days, list) or not days or any(day not in DAYS for day in days):
        yield Fault("working_hours.days", f"Choose among {', '.join(DAYS)}, at least one.")
    for end in ("from", "until"):
        if not _is_time(hours[end]):
            yield Fault(f"working_hours.{end}", "Write a time of the day as 09:00 or 17:30.")
    if not isinstance(hours["time_zone"], str) or hours["time_zone"] not in time_zones():
        yield Fault("working_hours.time_zone", "Name a time zone of the IANA database, as in Europe/Riga.")


def _is_time(text: Any) -> bool:
    try:
        return isinstance(text, str) and time.fromisoformat(text).strftime("%H:%M") == text
    except ValueError:
        return False
