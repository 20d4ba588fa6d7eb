"""Which rows belong to an organization, a project or any other thing: found by walking the models, so a new one is covered too.

A row belongs to what it cannot live without: to what its CASCADE foreign keys lead to. A row of history belongs to whatever the
row belonged to whose past it tells. Other references, such as who made a thing, make nobody an owner.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import ForeignKey, Q

from tenants import walls
from tenants.models import Organization

Model = type[models.Model]


@dataclass(frozen=True, slots=True)
class Belonging:
    """A table whose rows may belong to things of one kind, and the look-ups that lead from a row to its thing."""

    model: Model
    paths: tuple[str, ...]

    def rows_of(self, thing_id: str) -> Any:
        leads = Q()
        for path in self.paths:
            leads |= Q(**{path: thing_id})
        return self.model._base_manager.filter(leads)


@cache
def belongings_of(kind: Model) -> tuple[Belonging, ...]:
    """Every table but that of the things themselves; what lies within something comes before it."""
    paths_to = _columns if kind is Organization else _paths
    found = [Belonging(model, paths) for model in every_model() if (paths := tuple(paths_to(model, kind)))]
    return tuple(sorted(found, key=lambda one: (-_depth(one.model), one.model._meta.label)))


def every_model() -> list[Model]:
    return list(apps.get_models(include_auto_created=True))


def tracked(model: Model) -> Model:
    """The model whose history the rows are; the model itself for all others."""
    told: Model = getattr(model, "instance_type", model)
    return told


def owners_of(model: Model) -> Iterator[Any]:
    """The foreign keys that lead to what a row belongs to."""
    names = {field.name for field in model._meta.concrete_fields}
    for field in tracked(model)._meta.concrete_fields:
        if isinstance(field, ForeignKey) and field.remote_field.on_delete is models.CASCADE and field.name in names:
            yield model._meta.get_field(field.name)


def _columns(model: Model, kind: Model) -> Iterator[str]:
    """As row-level security has it."""
    if model is not kind and (column := walls.columns().get(model._meta.db_table)):
        yield column


def _paths(model: Model, kind: Model) -> Iterator[str]:
    if model is not kind and tracked(model) is kind:
        yield "id"
    for field in owners_of(model):
        if field.related_model is kind:
            yield field.name
        elif field.related_model is not model:
            yield from (f"{field.name}__{path}" for path in _paths(field.related_model, kind))


@cache
def _depth(model: Model) -> int:
    """How many things lie around a row, one within the other."""
    return 1 + max(
        (_depth(field.related_model) for field in owners_of(model) if field.related_model is not model), default=0
    )
