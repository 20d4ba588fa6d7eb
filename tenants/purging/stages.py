"""The stages of a purge in their order, and what each removes: never more than so many rows at a time."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import models
from django.db.models import ForeignObjectRel

from tenants.belongings import Belonging, belongings_of, every_model, owners_of, tracked
from tenants.models import AuditHead, CustomRole, Environment, Organization, Project, Purge, PurgeStage, Team, User
from tenants.models.base import SoftDeleted
from tenants.permissions import forget_grants_on, forget_groups, forget_permissions_of

ROWS_AT_ONCE = 500

AUDIT, GRANTS, PEOPLE, ITSELF = "audit", "grants", "people", "itself"
# The stages of everything but a person, and which tables each empties: by app, or by what stands in `STAGE_OF`.
STAGE_OF_APP = {"analytics": "telemetry", "evaluation": "manifests", "flags": "flags"}
STAGE_OF: dict[type[models.Model], str] = {Project: "places", Environment: "places", Organization: "places"}
LAST = {AuditHead, Purge, PurgeStage}
ORDER = ("telemetry", "manifests", "flags", "others", GRANTS, AUDIT, "places", ITSELF)


@dataclass(slots=True)
class Removed:
    """What one transaction removed, by table, and whether it left room for more: then there was no more."""

    rows: Counter[str]
    room: int = field(default_factory=lambda: ROWS_AT_ONCE)

    def add(self, table: str, count: int) -> None:
        if count:
            self.rows[table] += count
            self.room -= count

    @property
    def is_all(self) -> bool:
        return self.room > 0


@cache
def stages_of(kind: type[models.Model]) -> tuple[str, ...]:
    if kind is User:
        return (AUDIT, PEOPLE, ITSELF)
    needed = {stage_of(one.model) for one in belongings_of(kind)} | {ITSELF}
    if kind in STAGE_OF:
        needed.add(GRANTS)
    return tuple(name for name in ORDER if name in needed)


def stage_of(model: type[models.Model]) -> str:
    if model in LAST:
        return ITSELF
    if model.__module__.startswith("tenants.models.audit"):
        return AUDIT
    known = STAGE_OF.get(tracked(model)) or STAGE_OF_APP.get(model._meta.app_label)
    return known or "others"


def remove_stage(purge: Purge, name: str) -> Removed:
    """The next rows of a stage."""
    kind, removed = kind_of(purge), Removed(Counter())
    if name == GRANTS:
        removed.add("grants", forget_grants_on(_places_in(kind, purge.thing_id), removed.room))
        return removed
    return _remove(purge, (one for one in belongings_of(kind) if stage_of(one.model) == name), removed)


def remove_leftovers(purge: Purge) -> Removed:
    """What came in after its stage was done, as telemetry that was under way; and what a newer version of FlagForge added."""
    kind, removed = kind_of(purge), Removed(Counter())
    _remove(purge, (one for one in belongings_of(kind) if one.model not in LAST), removed)
    if kind in STAGE_OF and removed.is_all:
        removed.add("grants", forget_grants_on(_places_in(kind, purge.thing_id), removed.room))
    return removed


def remove_last(purge: Purge) -> None:
    """The thing itself, with what must stay until then."""
    kind = kind_of(purge)
    for one in belongings_of(kind):
        if one.model in LAST:
            one.rows_of(purge.thing_id)._raw_delete(one.model._base_manager.db)
    remove_rows(kind, [purge.thing_id])


def kinds() -> list[type[SoftDeleted]]:
    """Everything that is deleted softly, what holds others before what it holds."""
    found = [model for model in every_model() if issubclass(model, SoftDeleted)]
    return sorted(found, key=lambda model: len(list(owners_of(model))))


def kind_of(purge: Purge) -> type[SoftDeleted]:
    return next(kind for kind in kinds() if kind._meta.model_name == purge.kind)


def _places_in(kind: type[models.Model], thing_id: str) -> list[Any]:
    """Queries for the ids of all on which somebody may hold a role."""
    inside = [one.rows_of(thing_id) for one in belongings_of(kind) if one.model in STAGE_OF]
    return [kind._base_manager.filter(pk=thing_id), *inside]


def _remove(purge: Purge, belongings: Iterable[Belonging], removed: Removed) -> Removed:
    for one in belongings:
        ids = list(one.rows_of(purge.thing_id).values_list("pk", flat=True)[: removed.room])
        remove_rows(one.model, ids)
        removed.add(one.model._meta.label, len(ids))
        if not removed.room:
            break
    return removed


def remove_rows(model: type[models.Model], ids: list[Any]) -> None:
    """These rows alone: no cascade of Django's, which knows no bounds, and no row of history about their going."""
    if not ids:
        return
    before, after = ALONGSIDE.get(model, (_nothing, _nothing))
    kept = before(ids)
    for reference in _references_to(model):
        reference.model._base_manager.filter(**{f"{reference.name}__in": ids}).update(**{reference.name: None})
    model._base_manager.filter(pk__in=ids)._raw_delete(model._base_manager.db)
    after(kept)


def _references_to(model: type[models.Model]) -> list[Any]:
    """The foreign keys that are emptied where what they name goes."""
    relations = (
        relation for relation in model._meta.get_fields(include_hidden=True) if isinstance(relation, ForeignObjectRel)
    )
    return [relation.field for relation in relations if getattr(relation, "on_delete", None) is models.SET_NULL]


def _nothing(of: Any) -> Any:
    return of


def _groups(ids: list[str]) -> list[int]:
    return list(Team._base_manager.filter(pk__in=ids).values_list("group_id", flat=True))


# What goes with a row that no foreign key of ours tells of: what to look up before, and what to do with that after.
ALONGSIDE: dict[Any, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    Team: (_groups, forget_groups),
    CustomRole: (_nothing, forget_permissions_of),
}
