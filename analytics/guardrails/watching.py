"""Looking at guardrails of which something was counted. Everything here may be killed at any moment and run by many at once.

A look is one transaction, in which the guardrail is locked: it breaks and its flag is turned off, or neither.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from analytics import folding
from analytics.guardrails.breaching import breach
from analytics.guardrails.evidence import Count, Points, Terms, evidence_document, find
from analytics.models import Guardrail, TelemetryBatch
from flags.models import FlagConfig

State, Source = Guardrail.State, Guardrail.Source

log = logging.getLogger(__name__)


def watch(*, now: datetime) -> int:
    """Fold what came from where something is watched, without waiting for the next round, and look; returns how many looks.

    Two queries while nothing happens, whatever there is.
    """
    if _has_news():
        folding.fold(now=now)
    return look(now=now)


def _has_news() -> bool:
    watched = Guardrail.objects.filter(state=State.WATCHING, source=Source.ERRORS)
    waiting = TelemetryBatch.with_deleted.filter(is_folded=False)
    return bool(waiting.filter(environment__in=watched.values("environment")).exists())


def look(*, now: datetime) -> int:
    ids = list(_due().order_by("pk").values_list("pk", flat=True))
    return sum(_carefully(guardrail_id, now) for guardrail_id in ids)


def _due() -> Any:
    return Guardrail.objects.filter(is_due=True, state=State.WATCHING)


def _carefully(guardrail_id: str, now: datetime) -> bool:
    """What fails for one is no other's trouble; it is due still."""
    try:
        return _look_at(guardrail_id, now)
    except Exception:
        log.exception("the guardrail %s could not be looked at", guardrail_id)
        return False


@transaction.atomic
def _look_at(guardrail_id: str, now: datetime) -> bool:
    """False where another worker has it, or had it."""
    rows = _due().select_related("flag", "environment__project__organization", "organization")
    skips = bool(connection.features.has_select_for_update_skip_locked)
    locked = rows.select_for_update(of=("self",), no_key=True, skip_locked=skips)
    guardrail: Guardrail | None = locked.filter(pk=guardrail_id).first()
    if guardrail is None:
        return False
    finding = find(points_of(guardrail), terms_of(guardrail))
    guardrail.evidence, guardrail.looked_at, guardrail.is_due = evidence_document(finding), now, False
    if finding.is_breach:
        breach(guardrail, now)
    else:
        noted = {"evidence": guardrail.evidence, "looked_at": now, "is_due": False}
        Guardrail.objects.filter(pk=guardrail.pk).update(**noted)
    return True


def points_of(guardrail: Guardrail) -> Points:
    points: dict[datetime, tuple[Count, Count]] = {}
    rows = guardrail.points.order_by("start").values_list("start", "variant", "trials", "failures")
    for start, variant, trials, failures in rows:
        ours, others = points.get(start, (Count(), Count()))
        count = Count(trials, failures)
        points[start] = (ours + count, others) if variant == guardrail.variant else (ours, others + count)
    return points


def terms_of(guardrail: Guardrail) -> Terms:
    return Terms(
        armed_at=guardrail.armed_at,
        budget=guardrail.budget,
        alpha=guardrail.alpha,
        min_sample=guardrail.min_sample,
        is_compared=bool(guardrail.control),
        unmixed_since=_changed_at(guardrail) if guardrail.control else None,
    )


def _changed_at(guardrail: Guardrail) -> datetime | None:
    """When the flag's state was saved last there, and with it perhaps the shares of its variants."""
    rows = FlagConfig.objects.filter(flag=guardrail.flag_id, environment=guardrail.environment_id)
    found: datetime | None = rows.values_list("updated_at", flat=True).first()
    return found
