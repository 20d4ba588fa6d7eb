"""The last step of a purge: the thing goes, the audit log says so, and whoever listens hears of it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models.options import Options
from django.utils import timezone

from tenants import audit, outbox, realm
from tenants.actors import Actor, Scope
from tenants.models import Organization, Purge, PurgeStage, User
from tenants.purging.erasing import remove_person
from tenants.purging.stages import kind_of, remove_last

PURGE = Actor.system("purge")


@dataclass(frozen=True, slots=True)
class Gone:
    """What the audit log names after it is no more. An organization took its own chain along, so the instance's tells of it."""

    pk: str
    name: str
    scopes: tuple[Scope, ...]
    _meta: "Options[Any]"

    def __str__(self) -> str:
        return self.name


def end(purge: Purge) -> None:
    """In the transaction of the last stage."""
    kind = kind_of(purge)
    after = {"removed": _counts(purge)}
    if kind is Organization:
        _end_chain(purge)
    if kind is User:
        remove_person(purge)
    else:
        remove_last(purge)
    gone = Gone(purge.thing_id, purge.name, _scopes_that_stay(purge), kind._meta)
    Purge.with_deleted.filter(pk=purge.pk).update(finished_at=timezone.now())
    audit.record(PURGE, f"{purge.kind}.purged", gone, {"key": purge.key} if purge.key else None, after)
    outbox.put(f"{purge.kind}.purged", _organization_of(purge), {"id": purge.thing_id, "key": purge.key})


def _counts(purge: Purge) -> dict[str, int]:
    stages = PurgeStage.with_deleted.filter(purge=purge).values_list("removed", flat=True)
    return dict(sum((Counter(removed) for removed in stages), Counter()))


def _end_chain(purge: Purge) -> None:
    """A signed end of an organization's log stays: whoever has an export of it can still tell that it is whole."""
    organization = Organization.with_deleted.get(pk=purge.thing_id)
    with realm.everything():  # the end is the instance's
        audit.end_chain(organization, actor=PURGE)


def _scopes_that_stay(purge: Purge) -> tuple[Scope, ...]:
    if purge.organization_id is None or purge.organization_id == purge.thing_id:
        return ()
    project: tuple[Scope, ...] = (("project", purge.project_id),) if purge.project_id else ()
    return (*project, ("organization", purge.organization_id))


def _organization_of(purge: Purge) -> Organization | None:
    scopes = dict(_scopes_that_stay(purge))
    return Organization.with_deleted.get(pk=scopes["organization"]) if "organization" in scopes else None
