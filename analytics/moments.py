"""When something was, by the clock of whoever tells of it, as far as that clock can be believed."""

from datetime import UTC, date, datetime, timedelta

# A clock that is further off than this is not believed.
LATEST, HASTIEST_CLOCK = timedelta(days=400), timedelta(minutes=5)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(told: int | None, *, now: datetime) -> datetime:
    """The moment that somebody told of (in nanoseconds since 1970), or now where that cannot be."""
    if told is None or abs(told) > 10**19:
        return now
    moment = EPOCH + timedelta(microseconds=told // 1000)
    return moment if now - LATEST < moment < now + HASTIEST_CLOCK else now


def day_of(told: int | None) -> date:
    """The day that a batch names as its own, by which it is known again: also one that cannot be."""
    return (EPOCH + timedelta(microseconds=(told or 0) // 1000)).date() if abs(told or 0) <= 10**19 else EPOCH.date()
