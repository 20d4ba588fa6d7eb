"""What tenant tables share: ids that sort by birth, and deletion that can be taken back."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from ulid import ULID

from tenants.querysets import AliveManager


def new_id() -> str:
    """A ULID: 26 characters, sorted by the time of making."""
    return str(ULID())


def id_field() -> "models.CharField[str, str]":
    """The primary key of every table that people or programs name."""
    return models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)


class SoftDeleted(models.Model):
    """A row that deletion hides; `objects` never shows it, `with_deleted` does."""

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    objects: ClassVar[Any] = AliveManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        abstract = True
