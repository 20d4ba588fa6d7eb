"""What tenant tables share: ids that sort by birth, and deletion that can be taken back."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords
from ulid import ULID

from tenants.querysets import AliveManager


def new_id() -> str:
    """A ULID: 26 characters, sorted by the time of making."""
    return str(ULID())


def is_id(text: str) -> bool:
    """Whether a text from outside can be an id at all; a database need not be asked about anything else."""
    return len(text) == 26 and text.isascii() and text.isalnum()


def id_field() -> "models.CharField[str, str]":
    """The primary key of every table that people or programs name."""
    return models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)


def plain_text(text: str) -> None:
    """A validator: no control characters (PostgreSQL cannot store NUL) and no halves of surrogate pairs."""
    if any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 or 0xD800 <= ord(letter) < 0xE000 for letter in text):
        raise ValidationError("Control characters, line breaks and lone surrogates are not allowed here.")


class History(HistoricalRecords):  # type: ignore[misc]  # simple-history has no types
    """Every edit as a row; the reason is the whole comment, however long."""

    def __init__(self, **options: Any) -> None:
        # Null is simple-history's way to say that no reason was given.
        super().__init__(history_change_reason_field=models.TextField(null=True), **options)


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
