"""What the experiments of an exclusion group do together: those whom it holds out, beside everybody else.

Nobody tells how many people there are who did nothing. But everybody is as likely to be held out, so of the subjects who did
something, as many per cent should be held out as the group holds out, if its experiments change nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from django.db.models import Count, Min, Q, Sum

from analytics.experiments.places import places_in
from analytics.models import ExclusionGroup, Experiment, HeldOut, Metric, Outcome
from analytics.ratio import compared
from evaluation.wire.telemetry_items import LARGEST_VALUE
from tenants import runtime
from tenants.models import Environment


@dataclass(frozen=True, slots=True)
class Baseline:
    """Subjects who did the metric's event, and what its values add up to, since the start of the first of the group's experiments
    that still has people, or whose flag still leaves out who is held out.

    `share` is the part of everybody that is held out. `p_value`, of Pearson's chi-square test, is how likely so different a part
    of the subjects would be if nothing changed what people do; None where there are too few, or nobody is held out.
    """

    since: datetime | None
    share: float
    subjects: int = 0
    held_out: int = 0
    sum: float = 0.0
    held_out_sum: float = 0.0
    p_value: float | None = None


def baseline_of(group: ExclusionGroup, environment: Environment, metric: Metric, *, now: datetime) -> Baseline:
    """As far back as events are kept; in four queries."""
    begun = _begun(group, environment)
    share = group.holdout / 100
    if begun is None:
        return Baseline(None, share)
    since = max(begun, now - timedelta(days=runtime.number("experiment_days")))
    is_sane = Q(value=None) | Q(value__range=(-LARGEST_VALUE, LARGEST_VALUE))
    rows = Outcome.with_deleted.filter(is_sane, environment=environment, event=metric.event, at__gte=since)
    subjects = HeldOut.with_deleted.filter(group=group, environment=environment).values("subject")
    is_held_out = Q(subject__in=subjects)
    told = rows.aggregate(
        subjects=Count("subject", distinct=True),
        held_out=Count("subject", distinct=True, filter=is_held_out),
        whole=Sum("value", default=0.0),
        of_held_out=Sum("value", filter=is_held_out, default=0.0),
    )
    counts = (told["subjects"], told["held_out"])
    return Baseline(since, share, *counts, told["whole"], told["of_held_out"], _p_value(*counts, group.holdout))


def _begun(group: ExclusionGroup, environment: Environment) -> datetime | None:
    places = places_in(group, environment)
    living = Q(pk__in=[each.pk for each in places.experiments])
    over = Q(status=Experiment.Status.CONCLUDED, flag__in=[each.flag.pk for each in places.served])
    rows = Experiment.with_deleted.filter(living | over, group=group, environment=environment)
    begun: datetime | None = rows.aggregate(begun=Min("started_at"))["begun"]
    return begun


def _p_value(subjects: int, held_out: int, holdout: float) -> float | None:
    if not 0 < holdout < 100:
        return None
    share = Fraction(round(holdout * 1000), 100_000)
    result = compared({"out": held_out, "in": subjects - held_out}, {"out": share, "in": 1 - share})
    return None if result is None else result.p_value
