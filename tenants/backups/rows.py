"""All rows of a database, table by table, as one moment shows them; parents before children, in little memory."""

import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.utils import load_backend

from tenants.backups.values import writer_of

# A page holds so many characters, as far as the page before lets guess it, and never more rows.
PAGE_CHARACTERS, PAGE_ROWS = 2_000_000, 2_000


@dataclass(frozen=True, slots=True)
class Table:
    model: Any

    @property
    def name(self) -> str:
        return str(self.model._meta.db_table)

    @property
    def fields(self) -> list[Any]:
        return [field for field in self.model._meta.concrete_fields if not field.generated]

    @property
    def columns(self) -> list[str]:
        return [field.column for field in self.fields]

    def rows(self, using: str) -> Any:
        """Of all tenants, hidden ones too."""
        return self.model._base_manager.using(using)


def tables() -> list[Table]:
    """Every table that holds rows of ours, parents before children."""
    found: dict[Any, None] = {}
    for model in sorted(_models(), key=lambda model: str(model._meta.db_table)):
        _visit(model, found, set())
    return [Table(model) for model in found]


def _models() -> Iterator[Any]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def _visit(model: Any, found: dict[Any, None], below: set[Any]) -> None:
    if model in found or model in below:
        return
    for field in model._meta.concrete_fields:
        if field.remote_field is not None:
            _visit(field.remote_field.model._meta.concrete_model, found, below | {model})
    found[model] = None


@contextmanager
def snapshot(source: str = "default") -> Generator[str, None, None]:
    """The alias of a connection of its own, whose transaction sees one moment and holds nobody up."""
    with another_connection(_reading(source)) as alias, transaction.atomic(using=alias):
        if connections[alias].vendor == "postgresql":
            with connections[alias].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield alias


@contextmanager
def another_connection(config: dict[str, Any]) -> Generator[str, None, None]:
    """Beside those of Django's settings and for this thread alone, under the alias that is given."""
    alias = f"backup-{secrets.token_hex(4)}"
    whole = connections.configure_settings({DEFAULT_DB_ALIAS: config})[DEFAULT_DB_ALIAS]
    connections[alias] = load_backend(whole["ENGINE"]).DatabaseWrapper(whole, alias)
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]


def _reading(source: str) -> dict[str, Any]:
    """SQLite's transactions of ours take the lock of writers when they begin; this one must not."""
    config = deepcopy(connections[source].settings_dict)
    if connections[source].vendor == "sqlite":
        config["OPTIONS"] = {**config["OPTIONS"], "transaction_mode": "DEFERRED"}
    return config


def counts(using: str) -> dict[str, int]:
    return {table.name: table.rows(using).count() for table in tables()}


def pages(using: str) -> Iterator[tuple[str, list[list[Any]]]]:
    for table in tables():
        for page in _pages_of(table, using):
            yield table.name, page


def _pages_of(table: Table, using: str) -> Iterator[list[list[Any]]]:
    """By the primary key: no database keeps an answer open for longer than a page."""
    names = [field.attname for field in table.fields]
    writers = [writer_of(field) for field in table.fields]
    key = table.model._meta.pk.attname
    rows, most = table.rows(using).order_by(key), 10
    raw = list(rows.values_list(*names)[:most])
    while raw:
        page = [[write(value) for write, value in zip(writers, row, strict=True)] for row in raw]
        yield page
        most = _next_size(page)
        raw = list(rows.filter(**{f"{key}__gt": raw[-1][names.index(key)]}).values_list(*names)[:most])


def _next_size(page: list[list[Any]]) -> int:
    characters = sum(len(str(value)) for row in page for value in row) // len(page) + 1
    return max(1, min(PAGE_ROWS, PAGE_CHARACTERS // characters))


def sequences(using: str) -> dict[str, int]:
    """The last number that each table gave out, which may be of a row that is gone; those that never did are not here."""
    numbered = [table for table in tables() if isinstance(table.model._meta.pk, models.AutoField)]
    with connections[using].cursor() as cursor:
        if connections[using].vendor == "sqlite":
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
            known = dict(cursor.fetchall())
            found = {table.name: known.get(table.name) for table in numbered}
        else:
            found = {table.name: _last_value(cursor, table) for table in numbered}
    return {name: last for name, last in found.items() if last}


def _last_value(cursor: Any, table: Table) -> int | None:
    cursor.execute(
        "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)",
        [table.name, table.model._meta.pk.column],
    )
    last: int | None = cursor.fetchone()[0]
    return last
