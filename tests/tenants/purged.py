"""What purges are looked at with: what lies where, and time that is over."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import BinaryField, Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from tenants import walls
from tenants.models import Organization


def make_overdue(thing: Any, days: int = 31) -> None:
    """As if it had been deleted so long ago."""
    type(thing).with_deleted.filter(pk=thing.pk).update(deleted_at=timezone.now() - timedelta(days=days))


def rows_of(organization: Organization) -> dict[str, int]:
    """How many rows of it each tenant table has, found by walking the models."""
    columns = walls.columns()
    return {
        model._meta.label: model._base_manager.filter(**{columns[model._meta.db_table]: organization.pk}).count()
        for model in apps.get_models(include_auto_created=True)
        if model._meta.db_table in columns
    }


def filled(organization: Organization) -> set[str]:
    return {table for table, count in rows_of(organization).items() if count}


def told_of(*words: str) -> set[str]:
    """Every table and column in which one of the words stands, found by walking the models."""
    found = set()
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if not isinstance(field, BinaryField):
                rows = model._base_manager.annotate(its_text=Cast(field.attname, TextField()))
                wanted = Q()
                for word in words:
                    wanted |= Q(its_text__icontains=word)
                if rows.filter(wanted).exists():
                    found.add(f"{model._meta.label}.{field.attname}")
    return found
