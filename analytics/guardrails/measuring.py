"""Guardrails over a metric: what the running experiment of a flag shows of a variant beside its control, once a minute.

Subjects count that came into the experiment since the guardrail was armed and the split was the experiment's own. Enrolments and
outcomes are recorded once however often a batch comes, so nothing is counted here.
"""

import logging
from datetime import datetime, timedelta
from math import isinf
from time import perf_counter
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Q

from analytics.experiments.selectors import clean_since, interventions_in
from analytics.guardrails.breaching import breach
from analytics.guardrails.comparing import Compared, Promise, compared
from analytics.models import Enrolment, Experiment, Guardrail, GuardrailPoint, Metric
from analytics.statistics.effects import Estimate
from tenants import maintenance

EVERY = timedelta(minutes=1)
# One that takes a second is looked at every 100 seconds, as with the results of experiments.
SHARE_OF_TIME = 100

log = logging.getLogger(__name__)


class NothingToCompare(Exception):
    """Says why."""


class Comparable(NamedTuple):
    experiment: Experiment
    since: datetime
    variant: Estimate
    control: Estimate
    higher_is_better: bool


def measure(*, now: datetime) -> int:
    """Returns how many were looked at. One query where none is due."""
    due = Q(asked_at__isnull=True) | Q(asked_at__lte=now - EVERY)
    rows = Guardrail.objects.filter(due, state=Guardrail.State.WATCHING, source=Guardrail.Source.METRIC)
    found = rows.select_related("flag").order_by("asked_at", "pk")
    return sum(_carefully(each, now) for each in found if _is_due(each, now))


def _is_due(guardrail: Guardrail, now: datetime) -> bool:
    took = guardrail.evidence.get("seconds", 0)
    return guardrail.asked_at is None or now - guardrail.asked_at >= timedelta(seconds=SHARE_OF_TIME * took)


def _carefully(guardrail: Guardrail, now: datetime) -> bool:
    """False where another worker has it; what fails for one is no other's trouble."""
    if not Guardrail.objects.filter(pk=guardrail.pk, asked_at=guardrail.asked_at).update(asked_at=now):
        return False
    try:
        _look_at(guardrail, now)
    except Exception:
        log.exception("the guardrail %s could not be looked at", guardrail.pk)
    return True


def _look_at(guardrail: Guardrail, now: datetime) -> None:
    began = perf_counter()
    try:
        seen = comparable(guardrail, now)
    except NothingToCompare as reason:
        _settle(guardrail, now, {}, is_breach=False, fault=str(reason)[:300])
        return
    promise = Promise(guardrail.budget, guardrail.alpha, guardrail.min_sample, seen.higher_is_better)
    found = compared(seen.variant, seen.control, promise)
    took = {"seconds": round(perf_counter() - began, 3)}
    _settle(guardrail, now, _evidence(seen, found, promise) | took, is_breach=found.is_breach)


@transaction.atomic
def _settle(claimed: Guardrail, now: datetime, evidence: dict[str, Any], *, is_breach: bool, fault: str = "") -> None:
    """Nothing, where it was armed anew, edited or dismissed meanwhile."""
    rows = Guardrail.objects.select_related("flag", "environment__project__organization", "organization")
    rows = rows.select_for_update(of=("self",), no_key=True).filter(state=Guardrail.State.WATCHING)
    guardrail: Guardrail | None = rows.filter(pk=claimed.pk, armed_at=claimed.armed_at).first()
    if guardrail is None:
        return
    guardrail.looked_at, guardrail.evidence = now, evidence
    if evidence:
        point = {"organization_id": guardrail.organization_id, "value": evidence["value"]}
        GuardrailPoint.with_deleted.get_or_create(guardrail=guardrail, start=now, variant="", defaults=point)
    if is_breach and not maintenance.is_on():
        breach(guardrail, now)
    else:
        Guardrail.objects.filter(pk=guardrail.pk).update(looked_at=now, fault=fault, evidence=evidence)


def comparable(guardrail: Guardrail, now: datetime) -> Comparable:
    """Raises NothingToCompare."""
    # SciPy and statsmodels take a second and 100 MB: only who works something out has them.
    from analytics.experiments.summing import Scope

    experiment, metric = _experiment_of(guardrail), _metric_of(guardrail)
    since, trusted = _since(guardrail, experiment), not guardrail.from_clients
    subjects = _subjects(experiment, since, servers_only=trusted)
    measured = Scope(experiment, now, subjects, first_since=since, servers_only=trusted).measure(metric)
    if not {guardrail.variant, experiment.control} <= measured.keys():
        raise NothingToCompare("too few subjects yet")
    ours, control = measured[guardrail.variant].plain, measured[experiment.control].plain
    return Comparable(experiment, since, ours, control, metric.goal == Metric.Goal.INCREASE)


def _since(guardrail: Guardrail, experiment: Experiment) -> datetime:
    clean = clean_since(experiment, interventions_in(experiment))
    if clean is None:
        raise NothingToCompare(f"somebody changed what {experiment.key} serves")
    return max(guardrail.armed_at, clean)


def _experiment_of(guardrail: Guardrail) -> Experiment:
    rows = Experiment.objects.filter(flag=guardrail.flag, environment=guardrail.environment)
    running = rows.filter(status=Experiment.Status.RUNNING).select_related("flag", "environment")
    there = running.order_by("-started_at", "pk")
    found: Experiment | None = next((each for each in there if guardrail.variant in each.weights), None)
    if found is None:
        raise NothingToCompare(f"no experiment with {guardrail.variant} is running")
    if found.control == guardrail.variant:
        raise NothingToCompare(f"{guardrail.variant} is the control of {found.key}")
    return found


def _metric_of(guardrail: Guardrail) -> Metric:
    rows = Metric.objects.filter(project=guardrail.flag.project_id, key=guardrail.metric)
    found: Metric | None = rows.first()
    if found is None:
        raise NothingToCompare(f"there is no metric {guardrail.metric} any more")
    return found


def _subjects(experiment: Experiment, since: datetime, *, servers_only: bool) -> dict[str, int]:
    rows = Enrolment.with_deleted.filter(experiment=experiment, first_at__gte=since)
    if servers_only or experiment.servers_only:
        rows = rows.filter(is_public=False)
    return dict(rows.order_by().values_list("variant").annotate(Count("pk")))


def _evidence(seen: Comparable, found: Compared, promise: Promise) -> dict[str, Any]:
    """An end of the interval that is not known is null."""
    low, high = (None if isinf(end) else end for end in (found.beyond.interval.low, found.beyond.interval.high))
    control = seen.control
    return {
        "since": seen.since.isoformat(),
        "experiment": seen.experiment.key,
        "value": seen.variant.value,
        "subjects": seen.variant.subjects,
        "control": {"variant": seen.experiment.control, "value": control.value, "subjects": control.subjects},
        "allowed": found.allowed,
        "higher_is_better": seen.higher_is_better,
        "beyond": {"value": found.beyond.value, "low": low, "high": high},
        "budget": promise.budget,
        "alpha": promise.alpha,
        "test": "difference",
    }
