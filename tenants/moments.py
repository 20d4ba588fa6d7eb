"""Moments as people and programs write them, up to the ends of the calendar."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils.dateparse import parse_datetime

LAST = datetime.max.replace(tzinfo=UTC)


def moment_named(text: str) -> datetime | None:
    """In UTC; None where the text has no offset, names nothing, or names what is not in the years 1 to 9999 of UTC."""
    try:
        moment = parse_datetime(text)
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def later(moment: datetime, by: timedelta) -> datetime:
    """So much later; the last moment that there is where that is past the end of the calendar."""
    try:
        return moment + by
    except OverflowError:
        return LAST


def midnight(day: date, *, days: int = 0) -> datetime:
    """When a day begins (UTC), or the one so many days later."""
    return later(datetime.combine(day, time(), UTC), timedelta(days=days))
