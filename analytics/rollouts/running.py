"""The worker's part: looks at every rollout that is due, and takes at most one step of each.

Run it as often and by as many as you like: a rollout's row is locked while it is looked at, who finds it locked goes on, and
what a look does is one transaction. Time that passed while nobody looked is not made up for: the next step's time begins when
the step is taken.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from analytics.models import Rollout
from analytics.rollouts import moving, served, waiting
from analytics.rollouts.steps import steps_of
from flags.models import FlagConfig
from tenants.actors import Actor
from tenants.problems import Conflict, Invalid, TooMany, VersionConflict

MOST_FAILURES = 5
# How long after each failure it is tried again.
RETRY_SECONDS = (2, 5, 15, 60)

Status = Rollout.Status
log = logging.getLogger(__name__)


def run(now: datetime) -> int:
    """Look at all that are due; returns how many changed. One query where none is."""
    return sum(_carefully(rollout_id, now) for rollout_id in due(now))


def due(now: datetime) -> list[str]:
    """Those whose time has come, and those whose flag somebody changed; the one that waited longest first."""
    states = FlagConfig.with_deleted.filter(flag=OuterRef("flag"), environment=OuterRef("environment"))
    is_changed = (
        Exists(states.exclude(version=OuterRef("config_version")))
        | ~Q(flag__version=F("flag_version"))
        | Q(flag__deleted_at__isnull=False)
    )
    is_running = Q(status=Status.RUNNING) & (Q(due_at__lte=now) | is_changed)
    rows = Rollout.with_deleted.filter(is_running | Q(status=Status.PLANNED, due_at__lte=now)).filter(
        organization__deleted_at__isnull=True,
        environment__deleted_at__isnull=True,
        environment__project__deleted_at__isnull=True,
    )
    return list(rows.order_by("due_at", "id").values_list("id", flat=True))


def _carefully(rollout_id: str, now: datetime) -> bool:
    """What fails in one rollout is no other's trouble."""
    acts = False
    try:
        if _still_waits(rollout_id, now):
            return False
        acts = True
        with transaction.atomic():
            rollout = _held(rollout_id)
            return rollout is not None and look(rollout, now=now)
    except VersionConflict:
        return False  # somebody saved in this very moment: the next look sees what
    except Exception as error:
        log.warning("rollout %s could not go on", rollout_id, exc_info=error)
        _note(rollout_id, error, now, acts=acts)
        return False


def _still_waits(rollout_id: str, now: datetime) -> bool:
    """Whether there is nothing to do but to look again later: found out without a lock, which mostly is all that it takes."""
    rollout = Rollout.with_deleted.filter(pk=rollout_id, status=Status.RUNNING).first()
    if rollout is None:
        return False
    flag, config = moving.now_there(rollout)
    if served.disturbance_of(rollout, flag, config):
        return False
    hurdle = next(waiting.hurdles_of(rollout, now=now), None)
    if hurdle is None:
        return False
    unchanged = Rollout.with_deleted.filter(
        pk=rollout_id,
        status=Status.RUNNING,
        position=rollout.position,
        since=rollout.since,
        is_hurried=rollout.is_hurried,
        failures=rollout.failures,
    )
    moving.seen(rollout, flag, config)
    _went_well(rollout)
    unchanged.update(
        due_at=_due_at(rollout, hurdle, now),
        config_version=rollout.config_version,
        flag_version=rollout.flag_version,
        failures=rollout.failures,
        last_error=rollout.last_error,
    )
    return True


def _went_well(rollout: Rollout) -> None:
    """A look that ends in waiting ends a row of looks that failed; of a step that fails it says nothing."""
    if not rollout.is_step_failing:
        moving.forget_failures(rollout)


def _held(rollout_id: str) -> Rollout | None:
    """The row as it is now, held until the transaction ends; None while somebody else looks at it."""
    skips = bool(connection.features.has_select_for_update_skip_locked)
    rows: Any = Rollout.with_deleted.select_for_update(of=("self",), no_key=True, skip_locked=skips)
    found: Rollout | None = rows.filter(pk=rollout_id, status__in=(Status.PLANNED, Status.RUNNING)).first()
    return found


def look(rollout: Rollout, *, now: datetime, by: Actor | None = None, comment: str = "") -> bool:
    """Whether something happened to a planned or running rollout, whose row is held.

    `by` is who asked for the next step, where that was a person.
    """
    flag, config = moving.now_there(rollout)
    if rollout.status == Status.PLANNED:
        return _start(rollout, now)
    if why := served.disturbance_of(rollout, flag, config):
        moving.pause(rollout, actor=moving.itself(rollout), now=now, reason=f"Paused: {why}.")
        return True
    hurdle = next(waiting.hurdles_of(rollout, now=now), None)
    if hurdle is not None:
        rollout.due_at = _due_at(rollout, hurdle, now)
        _went_well(rollout)
        rollout.save(update_fields=["due_at", "is_hurried", "failures", "last_error"])
        return False
    actor = by or moving.itself(rollout)
    if rollout.position == len(steps_of(rollout)):
        moving.end(rollout, Status.FINISHED, actor=actor, now=now, comment=comment)
    else:
        moving.take_step(rollout, actor=actor, now=now, comment=comment)
    return True


def _start(rollout: Rollout, now: datetime) -> bool:
    if rollout.starts_at is None or rollout.starts_at > now:
        return False
    try:
        with transaction.atomic():
            moving.begin(rollout, actor=moving.itself(rollout), now=now, comment="its time has come")
    except VersionConflict:
        raise
    except (Conflict, Invalid, TooMany) as refusal:
        rollout.refresh_from_db()
        moving.pause(rollout, actor=moving.itself(rollout), now=now, reason=f"It could not start: {_told(refusal)}")
    return True


def _due_at(rollout: Rollout, hurdle: waiting.Hurdle, now: datetime) -> datetime | None:
    soon = now + moving.LOOK_AGAIN
    if hurdle.kind == "hand":
        return None
    return max(waiting.time_over(rollout) or now, soon) if hurdle.kind == "time" else soon


@transaction.atomic
def _note(rollout_id: str, error: Exception, now: datetime, *, acts: bool) -> None:
    """Written down with the rollout; after several in a row it pauses. `acts`: it failed at more than looking."""
    rollout = _held(rollout_id)
    if rollout is None:
        return
    rollout.failures, rollout.last_error = rollout.failures + 1, _told(error)[:500]
    rollout.is_step_failing |= acts
    if rollout.failures < MOST_FAILURES:
        rollout.due_at = now + timedelta(seconds=RETRY_SECONDS[rollout.failures - 1])
        rollout.save(update_fields=["failures", "last_error", "is_step_failing", "due_at"])
        return
    reason = f"Paused after {rollout.failures} failures in a row: {rollout.last_error}"
    moving.now_there(rollout)
    moving.pause(rollout, actor=moving.itself(rollout), now=now, reason=reason)


def _told(error: Exception) -> str:
    """What people may read: a refusal says it, and of anything else the log has the rest."""
    return str(error) if isinstance(error, Conflict | Invalid | TooMany) else type(error).__name__
