"""Rows into a database of the same schema, in one transaction: all of them, counted, or none."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connections, models, transaction

from tenants.backups.ciphering import Unusable
from tenants.backups.files import Page
from tenants.backups.rows import Table, counts, tables
from tenants.backups.values import reader_of

# Made by `migrate` itself, so that a database which holds nothing else is empty.
MADE_BY_MIGRATE = {"django_content_type", "auth_permission"}

Said = Callable[[int], object]


def filled(using: str) -> dict[str, int]:
    """The tables that hold rows of anybody, and how many."""
    return {name: count for name, count in counts(using).items() if count and name not in MADE_BY_MIGRATE}


def load(
    using: str,
    pages: Iterable[Page],
    *,
    expected: Mapping[str, int],
    sequences: Mapping[str, int],
    then: Callable[[], object] = lambda: None,
    said: Said = lambda rows: None,
) -> None:
    """Put these rows in the place of all that are there, and check that each table holds as many as expected.

    `said` is called with the number of rows of each page; `then` runs in the same transaction. Raises `Unusable`, and then
    nothing is changed.
    """
    known = {table.name: table for table in tables()}
    with transaction.atomic(using=using):
        with _without_triggers(using):
            _empty(using, list(known))
            for name, rows in pages:
                _insert(known[name], rows, using)
                said(len(rows))
        _require(expected, counts(using))
        _go_on(using, sequences)
        ContentType.objects.clear_cache()
        then()


def _empty(using: str, names: list[str]) -> None:
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in connection.ops.sql_flush(no_style(), names, reset_sequences=False, allow_cascade=False):
            cursor.execute(statement)


def _insert(table: Table, rows: list[list[Any]], using: str) -> None:
    """As they are: no field thinks of a value of its own, nothing is told to anybody."""
    fields = table.fields
    readers = [(field.attname, reader_of(field)) for field in fields]
    made = [
        table.model(**{name: read(value) for (name, read), value in zip(readers, row, strict=True)}) for row in rows
    ]
    most = connections[using].ops.bulk_batch_size(fields, made)
    for first in range(0, len(made), most):
        table.rows(using).all()._insert(made[first : first + most], fields=fields, using=using, raw=True)


def _require(expected: Mapping[str, int], found: Mapping[str, int]) -> None:
    wrong = [
        f"{name}: {found.get(name, 0):,} of {count:,}"
        for name, count in expected.items()
        if found.get(name, 0) != count
    ]
    if wrong:
        raise Unusable(f"Not all rows arrived, so nothing was changed ({'; '.join(wrong)}).")


def _go_on(using: str, sequences: Mapping[str, int]) -> None:
    """The next number that a table gives out follows the last one that it ever gave out."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for table in tables():
            key = table.model._meta.pk
            if not isinstance(key, models.AutoField):
                continue
            top = table.rows(using).aggregate(top=models.Max(key.attname))["top"] or 0
            last = max(top, sequences.get(table.name, 0))
            if connection.vendor == "postgresql" and last:
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table.name, key.column, last])
            elif connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table.name, last])


@contextmanager
def _without_triggers(using: str) -> Generator[None, None, None]:
    """What a trigger guards was right when it was read; each row by itself need not be, and checking takes long."""
    how = _off_on_postgresql if connections[using].vendor == "postgresql" else _off_on_sqlite
    with connections[using].cursor() as cursor, how(cursor):
        yield


@contextmanager
def _off_on_sqlite(cursor: Any) -> Generator[None, None, None]:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = cursor.fetchall()
    for name, _ in triggers:
        cursor.execute(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in triggers:
        cursor.execute(statement)


@contextmanager
def _off_on_postgresql(cursor: Any) -> Generator[None, None, None]:
    """The triggers of foreign keys stay, and are due before the others may be put back."""
    cursor.execute(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace AND NOT relispartition"
    )
    names = [name for (name,) in cursor.fetchall()]
    for name in names:
        cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    yield
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for name in names:
        cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
