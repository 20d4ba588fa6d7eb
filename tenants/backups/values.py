"""Values of columns as JSON and back, the same whichever database they lie in."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import models

Convert = Callable[[Any], Any]
PLAIN = (
    models.CharField,
    models.TextField,
    models.BooleanField,
    models.IntegerField,
    models.FloatField,
    models.GenericIPAddressField,
    models.JSONField,
)


class UnknownKind(TypeError):
    """A column of a kind that nobody has taught this module."""


def writer_of(field: Any) -> Convert:
    """From the value that Django reads."""
    return _or_none(_kind_of(field)[0])


def reader_of(field: Any) -> Convert:
    """To the value that Django writes."""
    return _or_none(_kind_of(field)[1])


def _kind_of(field: Any) -> tuple[Convert, Convert]:
    while field.remote_field is not None:
        field = field.target_field
    # A moment is a date too, as Python and Django see it.
    if isinstance(field, models.DateTimeField):
        return datetime.isoformat, datetime.fromisoformat
    if isinstance(field, models.DateField):
        return date.isoformat, date.fromisoformat
    if isinstance(field, models.BinaryField):
        return lambda value: b64encode(value).decode(), b64decode
    if isinstance(field, PLAIN):
        return _same, _same
    raise UnknownKind(f"{field.model._meta.label}.{field.name}: tell tenants.backups.values how to write such a column")


def _same(value: Any) -> Any:
    return value


def _or_none(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)
