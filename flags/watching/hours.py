"""When somebody's next digest is due, by the clocks of their own time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tenants.models import User, WatchMail

DAY = timedelta(days=1)


def last_digest_time(person: User, now: datetime) -> datetime:
    """The newest moment, until now, at which their digest is sent: of their hour, and weekly of their day.

    An hour that clocks skip is the one after it; one that they repeat counts once, the first time.
    """
    zone = ZoneInfo(person.time_zone)
    local = now.astimezone(zone)
    at = local.replace(hour=person.digest_hour, minute=0, second=0, microsecond=0, fold=0)
    if person.hears_of_watched_flags == WatchMail.WEEKLY:
        at -= ((local.weekday() - person.digest_day) % 7) * DAY
    while at.astimezone(UTC) > now:
        at -= DAY if person.hears_of_watched_flags != WatchMail.WEEKLY else 7 * DAY
    return at.astimezone(UTC)
