"""Keeping what applications tell, and forgetting it in time."""

import json
import zlib
from datetime import datetime, timedelta

from analytics import partitions
from analytics.attributes.classes import classes_by_environment
from analytics.attributes.folding import pressed_contexts
from analytics.models import TelemetryBatch
from analytics.moments import day_of, moment_of
from evaluation.core.instants import instant
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import Batch

# Quick to press, and a tenth of the size.
PRESSED = 1
# So many rows are deleted at a time, so that no transaction holds others up.
FORGOTTEN_AT_ONCE = 500


def keep_batch(batch: Batch, sender: Sender, organization_id: str, *, now: datetime) -> None:
    """One inserted row; one that came before under the same id stays as it is.

    Contexts are kept apart, and of them no more than the classes of the project allow.
    """
    document = {name: each for name, each in batch.document.items() if name != "contexts"}
    contexts = batch.document.get("contexts", ())
    classes = classes_by_environment([sender.environment_id]) if contexts else {}
    ended = instant(batch.document.get("to"))
    row = TelemetryBatch(
        organization_id=organization_id,
        environment_id=sender.environment_id,
        batch=batch.id,
        key_kind=sender.kind,
        received_at=now,
        ended_at=moment_of(ended, now=now),
        day=day_of(ended),
        content=zlib.compress(json.dumps(document, separators=(",", ":")).encode(), PRESSED),
        contexts=pressed_contexts(contexts, classes.get(sender.environment_id, {})),
    )
    TelemetryBatch.with_deleted.bulk_create([row], ignore_conflicts=True)


def forget_batches(*, older_than: timedelta, now: datetime) -> int:
    """What was received before and is part of a tally: days that are over whole, the rest in parts; returns how many."""
    before = now - older_than
    count = partitions.drop(before=before)
    old = TelemetryBatch.with_deleted.filter(received_at__lt=before, is_folded=True)
    rows = old.exclude(day__in=partitions.days()).order_by("received_at")
    while ids := list(rows.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]):
        count += TelemetryBatch.with_deleted.filter(pk__in=ids).delete()[0]
    return count
