"""What was deleted, by whom, and until when it can come back; and what is going for ever."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from tenants.actors import Actor
from tenants.belongings import owners_of
from tenants.models import Organization, Purge, PurgeStage
from tenants.models.base import SoftDeleted
from tenants.purging.beginning import key_of
from tenants.purging.stages import kinds
from tenants.retention import can_come_back, until

# Of each kind; the newest are shown.
MOST = 200


@dataclass(frozen=True, slots=True)
class Deleted:
    """Something that can come back. `kind` is as in addresses: flag, segment, environment, project."""

    thing: Any
    kind: str
    key: str
    until: datetime


def deleted_in(actor: Actor, organization: Organization) -> list[Deleted]:
    """What the actor may bring back in an organization, the latest first: a query for each kind of thing."""
    found = [_told(thing) for kind in _kinds_within() for thing in _rows(kind, actor, organization)[:MOST]]
    return sorted(found, key=lambda one: one.thing.deleted_at, reverse=True)


def find_deleted(actor: Actor, organization: Organization, thing_id: str) -> Any:
    """The thing with this id among them; None when there is none, or the actor may not bring it back."""
    rows = (_rows(kind, actor, organization).filter(pk=thing_id).first() for kind in _kinds_within())
    return next((thing for thing in rows if thing is not None), None)


def find_deleted_organization(actor: Actor, slug: str) -> Organization | None:
    rows = _seen(Organization, actor)
    found: Organization | None = rows.filter(slug=slug).first()
    return found


def purges_in(actor: Actor, organization: Organization) -> Any:
    """Those that the actor may know of, the latest first, with their stages."""
    return _with_stages(Purge.objects.visible_to(actor).filter(organization=organization))


def purges_of_organizations(actor: Actor) -> Any:
    """Of whole organizations, which are hidden by then: for whoever may purge them, until their own role is gone."""
    rows = Purge.with_deleted.filter(kind=Organization._meta.model_name)
    owned = actor.scopes_for("organization.purge", "organization")
    return _with_stages(rows if actor.may_everything else rows.filter(thing_id__in=owned))


def _with_stages(purges: Any) -> Any:
    stages = Prefetch("stages", PurgeStage.with_deleted.order_by("position"))
    return purges.select_related("asked_by").prefetch_related(stages).order_by("-id")


def _kinds_within() -> Iterator[Any]:
    for kind in kinds():
        if any(field.related_model is Organization for field in owners_of(kind)):
            yield kind


def _rows(kind: Any, actor: Actor, organization: Organization) -> Any:
    rows = _seen(kind, actor).filter(organization=organization)
    around = {field.name for field in owners_of(kind)} & {"organization", "project"}
    return rows.select_related("deleted_by", *around).order_by("-deleted_at")


def _seen(kind: Any, actor: Actor) -> Any:
    """Deleted by itself, in something that lives."""
    queryset = kind.objects.queryset_class
    around = {f"{path}__isnull": True for path in queryset.DELETED_PATHS if path != "deleted_at"}
    rows = queryset(kind).visible_to(actor, f"{kind._meta.model_name}.delete")
    return rows.filter(can_come_back(), **around)


def _told(thing: SoftDeleted) -> Deleted:
    return Deleted(thing, str(thing._meta.model_name), key_of(thing), until(thing))
