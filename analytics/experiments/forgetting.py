"""What is recorded of experiments is deleted when its time is over, so that none of these tables grows without end."""

from datetime import datetime, timedelta
from typing import Any

from analytics.models import Enrolment, Experiment, HeldOut, Outcome

FORGOTTEN_AT_ONCE = 5_000


def forget(*, days: int, now: datetime) -> int:
    """Events, and who was held out, of so many days ago; and who took part in what stopped before. Returns how many rows."""
    before = now - timedelta(days=days)
    ended = Experiment.with_deleted.filter(stopped_at__lt=before)
    return sum(
        _forgotten(rows)
        for rows in (
            Outcome.with_deleted.filter(at__lt=before),
            HeldOut.with_deleted.filter(seen_at__lt=before),
            Enrolment.with_deleted.filter(experiment__in=ended),
        )
    )


def _forgotten(rows: Any) -> int:
    count = 0
    while ids := list(rows.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]):
        count += rows.model.with_deleted.filter(pk__in=ids).delete()[0]
    return count
