"""Which purges there are to be, and the first row of each."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from tenants import realm
from tenants.actors import Actor
from tenants.belongings import owners_of
from tenants.models import Purge, PurgeStage
from tenants.models.base import SoftDeleted
from tenants.purging.stages import kinds, stages_of
from tenants.retention import can_come_back, is_over

# So many begin at one look, that all the others may go on.
BEGUN_AT_ONCE = 100


def begin_due(now: datetime) -> int:
    """Begin with everything whose time is over, except where a purge of what holds it takes it along."""
    return sum(begin(thing, now=now) is not None for kind in kinds() for thing in _due(kind, now))


def _due(kind: Any, now: datetime) -> Any:
    around: Any = Q()
    for field in owners_of(kind):
        if issubclass(field.related_model, SoftDeleted):
            around &= ~Exists(Purge.with_deleted.filter(thing_id=OuterRef(field.attname)))
    rows = kind.with_deleted.filter(can_come_back(), is_over(kind, now), around)
    return rows.order_by("deleted_at")[:BEGUN_AT_ONCE]


def begin(thing: Any, *, now: datetime | None = None, asked_by: Actor | None = None) -> Purge | None:
    """Write down that a deleted thing goes for ever, and its stages; None when it came back or was begun with meanwhile.

    `now` says that it must be over by then; None: somebody wants it at once.
    """
    kind = thing.__class__
    with transaction.atomic():
        wanted = can_come_back() if now is None else can_come_back() & is_over(kind, now)
        rows = kind.with_deleted.filter(pk=thing.pk)
        list(rows.select_for_update(of=("self",), no_key=True).values("pk"))
        if not rows.filter(wanted).exists():  # asked once the row is held: before, another may just have begun
            return None
        with realm.within(realm.to_write(dict(thing.scopes).get("organization"))):
            return _written(thing, is_at_once=now is None, asked_by=asked_by)


def _written(thing: Any, *, is_at_once: bool, asked_by: Actor | None) -> Purge:
    purge: Purge = Purge.with_deleted.create(
        organization_id=dict(thing.scopes).get("organization"),
        kind=thing._meta.model_name,
        thing_id=thing.pk,
        key=key_of(thing),
        name=name_of(thing),
        project_id=dict(thing.scopes).get("project", ""),
        asked_by=asked_by.user if asked_by is not None else None,
        is_at_once=is_at_once,
    )
    PurgeStage.with_deleted.bulk_create(_stages(purge, thing.__class__))
    return purge


def _stages(purge: Purge, kind: Any) -> Iterator[PurgeStage]:
    for position, name in enumerate(stages_of(kind)):
        yield PurgeStage(purge=purge, organization_id=purge.organization_id, position=position, name=name)


def key_of(thing: Any) -> str:
    """What people type to name it; the address of a person is not kept."""
    return str(getattr(thing, "key", "") or getattr(thing, "slug", ""))


def name_of(thing: Any) -> str:
    return str(thing) if dict(thing.scopes) else ""
