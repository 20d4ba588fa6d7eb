"""Orphans: rows whose parents are gone. Found by walking the models, so a new one is looked at by itself.

The database keeps most of them from being; it cannot where a row names another in words: history, which has no constraints so
that it may outlive what it tells of; roles, which guardian keeps by the text of an id; chains of the audit log.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from tenants.belongings import every_model, owners_of, tracked
from tenants.models import INSTANCE_CHAIN, CustomRole, Organization
from tenants.models.base import SoftDeleted
from tenants.walls import OTHER_COLUMNS

Model = type[models.Model]


@dataclass(frozen=True, slots=True)
class Orphan:
    """One row, and which of its parents is gone."""

    table: str
    id: str
    parent: str
    parent_id: str

    def __str__(self) -> str:
        return f"{self.table} {self.id}: there is no {self.parent} {self.parent_id}".rstrip()


@dataclass(frozen=True, slots=True)
class Question:
    """Rows without a parent, and the column that names it."""

    rows: Any
    column: str
    parent: str

    def answers(self) -> Iterator[Orphan]:
        table = self.rows.model._meta.label
        for pk, parent_id in self.rows.order_by("pk").values_list("pk", self.column).iterator():
            yield Orphan(table, str(pk), self.parent, "" if parent_id is None else str(parent_id))


def orphans() -> Iterator[Orphan]:
    for question in questions():
        yield from question.answers()


def questions() -> Iterator[Question]:
    for model in every_model():
        yield from _without_owner(model)
        yield from _past_of_nothing(model)
        yield from _of_no_organization(model)
        yield from _about_nothing(model)
    yield Question(Group._base_manager.filter(team__isnull=True), "name", "tenants.Team")
    yield _permissions_without_role()


def _without(model: Model, column: str, parent: Model) -> Question:
    """Rows of the model whose column names no row of the parent's; an empty column names none on purpose."""
    named = parent._base_manager.filter(pk=OuterRef(column))
    rows = model._base_manager.filter(~Exists(named)).exclude(**{column: ""})
    return Question(rows, column, parent._meta.label)


def _without_owner(model: Model) -> Iterator[Question]:
    for field in owners_of(model):
        named = field.related_model._base_manager.filter(pk=OuterRef(field.attname))
        rows = model._base_manager.filter(~Exists(named), **{f"{field.attname}__isnull": False})
        yield Question(rows, field.attname, field.related_model._meta.label)


def _past_of_nothing(model: Model) -> Iterator[Question]:
    """History stays when a row is removed; what is deleted softly goes by the purge alone, which takes its history along."""
    told = tracked(model)
    if told is not model and issubclass(told, SoftDeleted):
        yield _without(model, "id", told)


def _of_no_organization(model: Model) -> Iterator[Question]:
    """Tables that name their organization otherwise than by a foreign key."""
    column = OTHER_COLUMNS.get(model._meta.label)
    if column is not None and model is not Organization and tracked(model) is model:
        rows = _without(model, column, Organization).rows.exclude(**{column: INSTANCE_CHAIN})
        yield Question(rows, column, Organization._meta.label)


def _about_nothing(model: Model) -> Iterator[Question]:
    """What names a row of any table by its kind and the text of its id, as roles of people and teams do."""
    names = {field.name for field in model._meta.concrete_fields}
    column = next((name for name in ("object_pk", "object_id") if name in names), None)
    if column is None or "content_type" not in names:
        return
    for kind in ContentType.objects.filter(pk__in=model._base_manager.values("content_type")):
        about = kind.model_class()
        if about is None:
            yield Question(model._base_manager.filter(content_type=kind), column, f"{kind.app_label}.{kind.model}")
        else:
            named = _named_by(about, column)
            rows = model._base_manager.filter(~Exists(named), content_type=kind)
            yield Question(rows, column, about._meta.label)


def _named_by(about: Model, column: str) -> Any:
    if isinstance(about._meta.pk, CharField):  # by its index
        return about._base_manager.filter(pk=OuterRef(column))
    return about._base_manager.annotate(text=Cast("pk", CharField())).filter(text=OuterRef(column))


def _permissions_without_role() -> Question:
    """Of a role that an organization made for itself: its id is in the name."""
    named = CustomRole._base_manager.annotate(text=Concat(Value("role_"), F("id"))).filter(text=OuterRef("codename"))
    own = Q(codename__regex=r"^role_[0-9A-Z]{26}$")
    return Question(Permission.objects.filter(~Exists(named), own), "codename", "tenants.CustomRole")
