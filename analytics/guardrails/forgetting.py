"""How long what guardrails counted is kept: by minute for two days, then by hour; what Prometheus answered for six hours.

So a guardrail that watches all the time has at most 6,000 rows of minutes and 50 more a day.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from analytics.guardrails.recording import Place, add_points
from analytics.models import Guardrail, GuardrailPoint

MINUTES_KEPT = timedelta(days=2)
ANSWERS_KEPT = timedelta(hours=6)


def forget_points(*, now: datetime) -> int:
    """Returns how many rows are fewer."""
    answers = GuardrailPoint.with_deleted.filter(value__isnull=False, start__lt=now - ANSWERS_KEPT)
    count = int(answers.delete()[0])
    before = now.replace(hour=0, minute=0, second=0, microsecond=0) - MINUTES_KEPT
    ids = _minutes(before).order_by().values_list("guardrail_id", flat=True).distinct()
    return count + sum(_into_hours(guardrail_id, before) for guardrail_id in list(ids))


def _minutes(before: datetime) -> Any:
    return GuardrailPoint.with_deleted.filter(start__lt=before, value__isnull=True).exclude(start__minute=0)


@transaction.atomic
def _into_hours(guardrail_id: str, before: datetime) -> int:
    """The guardrail is locked, as by whoever counts."""
    rows = Guardrail.with_deleted.select_for_update(of=("self",), no_key=True).filter(pk=guardrail_id)
    guardrail = rows.first()
    counts: defaultdict[Place, list[int]] = defaultdict(lambda: [0, 0])
    old = list(_minutes(before).filter(guardrail_id=guardrail_id))
    for row in old:
        count = counts[guardrail_id, row.start.replace(minute=0), row.variant]
        count[0] += row.trials
        count[1] += row.failures
    if guardrail is not None:
        add_points(counts, {guardrail_id: guardrail.organization_id})
        GuardrailPoint.with_deleted.filter(pk__in=[row.pk for row in old]).delete()
    return len(old)
