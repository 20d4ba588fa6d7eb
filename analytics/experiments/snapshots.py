"""Results of running experiments, worked out by the worker and kept, so that whoever asks waits for nothing.

Of each day the last one is kept, and of days before it only the course of the primary metric. An experiment takes at most one
part in a hundred of a worker's time, and none is looked at more often than every `AT_LEAST`.
"""

import logging
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, NamedTuple

from django.db.models import OuterRef, Q, Subquery

from analytics.experiments.recording import LATE, LONGEST
from analytics.models import Experiment, ResultSnapshot
from evaluation.wire.explanations import moment

log = logging.getLogger(__name__)
AT_LEAST = timedelta(minutes=10)
SHARE_OF_TIME = 100


class Point(NamedTuple):
    """The primary metric of a variant against the control as it stood on one day, by the sequential interval."""

    day: str
    value: float
    low: float
    high: float


def take(*, now: datetime) -> int:
    """Work out the results of all experiments that may have changed, and return how many that were."""
    return sum(_take_one(each, now) for each in _living(now) if _is_due(each, now))


def _take_one(experiment: Experiment, now: datetime) -> bool:
    """What is wrong with one experiment must not hold up all others."""
    try:
        _take(experiment, now)
    except Exception:
        log.exception("the results of the experiment %s could not be worked out", experiment.pk)
        return False
    return True


def _living(now: datetime) -> list[Experiment]:
    """Those that somebody may still tell of, each with when it was worked out last and how many seconds that took."""
    open_ = Q(stopped_at__isnull=True) | Q(stopped_at__gt=now - LATE - timedelta(days=1))
    rows = Experiment.objects.filter(open_, started_at__gt=now - LONGEST - LATE, started_at__lte=now)
    last = ResultSnapshot.with_deleted.filter(experiment=OuterRef("pk")).order_by("-day")
    return list(rows.annotate(**{f"last_{name}": Subquery(last.values(name)[:1]) for name in ("taken_at", "seconds")}))


def _is_due(experiment: Any, now: datetime) -> bool:
    """At once, where nothing was worked out yet or it was stopped since."""
    taken_at, stopped_at = experiment.last_taken_at, experiment.stopped_at
    if taken_at is None or (stopped_at and taken_at < stopped_at <= now):
        return True
    return bool(now - taken_at >= max(AT_LEAST, timedelta(seconds=SHARE_OF_TIME * experiment.last_seconds)))


def _take(experiment: Experiment, now: datetime) -> None:
    # SciPy and statsmodels take a second and 100 MB: only who works something out has them.
    from analytics.experiments.analysis import analysed

    began = perf_counter()
    document = analysed(experiment, now=now)
    ResultSnapshot.with_deleted.update_or_create(
        experiment=experiment,
        day=now.date(),
        defaults={
            "organization_id": experiment.organization_id,
            "taken_at": now,
            "seconds": perf_counter() - began,
            "course": _course_of(document),
            "document": document,
        },
    )
    ResultSnapshot.with_deleted.filter(experiment=experiment, day__lt=now.date()).exclude(document={}).update(
        document={}
    )


def results_of(experiment: Experiment) -> dict[str, Any]:
    """As the API says it: docs/experiments.md."""
    last = latest(experiment)
    return {
        "experiment": experiment.key,
        "worked_out_at": moment(last.taken_at) if last else None,
        "results": last.document if last else None,
        "course": {variant: [point._asdict() for point in each] for variant, each in course(experiment).items()},
    }


def latest(experiment: Experiment) -> ResultSnapshot | None:
    """None: nothing was worked out yet."""
    found: ResultSnapshot | None = ResultSnapshot.with_deleted.filter(experiment=experiment).order_by("-day").first()
    return found


def course(experiment: Experiment) -> dict[str, list[Point]]:
    """The primary metric over the days, by variant but the control; days on which too little was known are missing."""
    rows = ResultSnapshot.with_deleted.filter(experiment=experiment).order_by("day").values_list("day", "course")
    found: dict[str, list[Point]] = {}
    for day, of_variants in rows:
        for variant, effect in of_variants.items():
            found.setdefault(variant, []).append(Point(f"{day:%Y-%m-%d}", *effect))
    return found


def _course_of(document: dict[str, Any]) -> dict[str, list[float]]:
    primary: dict[str, Any] = next(
        (each for each in document["metrics"] if each["role"] == "primary"), {"variants": []}
    )
    effects = {row["variant"]: row["difference"]["sequential"] for row in primary["variants"] if row["difference"]}
    return {
        variant: [effect["value"], effect["low"], effect["high"]]
        for variant, effect in effects.items()
        if effect["low"] is not None
    }
