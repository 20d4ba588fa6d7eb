"""What the worker does at each look: one bounded transaction after the other, for a while."""

import logging
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from tenants import realm
from tenants.models import Organization, Purge, PurgeStage, User
from tenants.purging import ending, erasing
from tenants.purging.beginning import begin_due
from tenants.purging.stages import AUDIT, ITSELF, Removed, remove_leftovers, remove_stage

# A look lasts no longer, so that whoever stops the worker waits no longer either.
SECONDS_AT_A_LOOK = 20.0
# A stage that failed is tried again after these, and after the last of them for ever.
RETRY_SECONDS = (5, 30, 120, 600, 3600)
# So long a purge that is done is shown.
SHOWN = timedelta(days=30)

log = logging.getLogger(__name__)


def work(seconds: float = SECONDS_AT_A_LOOK) -> int:
    """Begin what is due, then go on with every purge in turn until nothing is due or the time is up; how many steps that were."""
    deadline, steps = time.monotonic() + seconds, 0
    begin_due(timezone.now())
    while (due := _due(timezone.now())) and time.monotonic() < deadline:
        moved = sum(_step(purge_id) for purge_id in due)
        steps += moved
        if not moved:  # another worker has them all
            break
    return steps


def _due(now: datetime) -> list[str]:
    """Purges whose current stage may be tried now; what lies in an organization that goes as a whole goes with it."""
    whole = Purge.with_deleted.filter(thing_id=OuterRef("organization_id"))
    inside = Q(Exists(whole)) & ~Q(kind=Organization._meta.model_name)
    current = PurgeStage.with_deleted.filter(purge=OuterRef("pk"), done_at__isnull=True)
    waits = current.filter(not_before__gt=now)
    purges = Purge.with_deleted.filter(~inside, ~Exists(waits), finished_at__isnull=True)
    return list(purges.order_by("id").values_list("id", flat=True))


def _step(purge_id: str) -> bool:
    """Whether anything happened; what fails is written down, and tried again later."""
    stage = _current(purge_id)
    try:
        if stage is not None and _is_of_person(stage) and stage.name == AUDIT:
            erasing.erase_from_log(stage.purge)  # in a transaction for each chain; once more does nothing
        with transaction.atomic():
            purge = _locked(purge_id)
            stage = _current(purge_id) if purge is not None else None
            if purge is not None and stage is not None:
                with realm.within(realm.of_organization(purge.organization_id)):
                    _go_on(purge, stage)
    except Exception as error:
        if stage is None:
            raise
        _failed(stage, error)
    return stage is not None


def _is_of_person(stage: PurgeStage) -> bool:
    """Of people nothing is removed but their own row: what they did stays, without them."""
    return bool(stage.purge.kind == User._meta.model_name)


def _locked(purge_id: str) -> Purge | None:
    """None where another worker has it, or has ended it."""
    rows: Any = Purge.with_deleted.select_for_update(of=("self",), skip_locked=True)
    found: Purge | None = rows.filter(pk=purge_id, finished_at__isnull=True).first()
    return found


def _current(purge_id: str) -> PurgeStage | None:
    stages = PurgeStage.with_deleted.filter(purge=purge_id, done_at__isnull=True)
    found: PurgeStage | None = stages.select_related("purge").first()
    return found


def _go_on(purge: Purge, stage: PurgeStage) -> None:
    removed = _removed(purge, stage)
    stage.removed = dict(Counter(stage.removed) + removed.rows)
    if not removed.is_all:
        stage.save(update_fields=["removed"])
        return
    stage.done_at, stage.last_error = timezone.now(), ""
    stage.save(update_fields=["removed", "done_at", "last_error"])
    if stage.name == ITSELF:
        ending.end(purge)


def _removed(purge: Purge, stage: PurgeStage) -> Removed:
    if _is_of_person(stage):
        return erasing.erase_some(purge) if stage.name != AUDIT else Removed(Counter())
    return remove_leftovers(purge) if stage.name == ITSELF else remove_stage(purge, stage.name)


def _failed(stage: PurgeStage, error: Exception) -> None:
    log.error("purge: the stage %s failed", stage, exc_info=error)
    stage.attempts += 1
    stage.last_error = f"{type(error).__name__}: {error}"[:2000]
    seconds = RETRY_SECONDS[min(stage.attempts, len(RETRY_SECONDS)) - 1]
    PurgeStage.with_deleted.filter(pk=stage.pk, done_at__isnull=True).update(
        attempts=stage.attempts, last_error=stage.last_error, not_before=timezone.now() + timedelta(seconds=seconds)
    )


def forget_finished(now: datetime) -> int:
    """Purges that were done long ago; the audit log has them still."""
    count: int
    count, _ = Purge.with_deleted.filter(finished_at__lt=now - SHOWN).delete()
    return count
