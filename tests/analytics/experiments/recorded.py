"""What batches leave behind of an experiment, written at once: subjects, and what each did when."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from analytics.models import Enrolment, Experiment, Outcome

# (event, hours after the first exposure, value)
Did = tuple[str, float, float | None]
WRITTEN_AT_ONCE = 2_000


def record(experiment: Experiment, subjects: Iterable[tuple[str, Sequence[Did]]], **enrolled: Any) -> None:
    """Subjects as (variant, what they did), who came a minute one after the other from the start on."""
    assert experiment.started_at is not None
    enrolments, outcomes = [], []
    before = Enrolment.with_deleted.count()
    place = {"organization_id": experiment.organization_id, "is_public": False}
    for number, (variant, deeds) in enumerate(subjects, start=before):
        subject, first = number.to_bytes(16), experiment.started_at + timedelta(minutes=number - before)
        fields = place | {"subject": subject, "variant": variant, "first_at": first} | enrolled
        enrolments.append(Enrolment(experiment=experiment, **fields))
        outcomes += [_outcome(experiment, subject, first, deed, position) for position, deed in enumerate(deeds)]
    Enrolment.with_deleted.bulk_create(enrolments, batch_size=WRITTEN_AT_ONCE)
    Outcome.with_deleted.bulk_create(outcomes, batch_size=WRITTEN_AT_ONCE)


def _outcome(experiment: Experiment, subject: bytes, first: datetime, did: Did, position: int) -> Outcome:
    event, hours, value = did
    return Outcome(
        organization_id=experiment.organization_id,
        environment_id=experiment.environment_id,
        event=event,
        subject=subject,
        at=first + timedelta(hours=hours),
        value=value,
        is_public=False,
        batch=int.from_bytes(subject),
        position=position,
    )
