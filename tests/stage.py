"""The cast, put back as rows rather than made again: all tests of a process that call up the same people begin alike.

The first one has them made by the services; what that wrote is remembered by who came in which order. Whoever comes after
something else was written, every test that commits, and every test on SQLite has them made as before.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

import redis
from django.apps import apps
from django.conf import settings
from django.db import connection

from tenants import buckets
from tests import standing

# Rows as the database holds them, by primary key, by table.
Rows = dict["Table", dict[Any, Any]]
T = TypeVar("T")
READING = ("BEGIN", "SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "PRAGMA", "EXPLAIN")


class Table(NamedTuple):
    name: str
    key: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Scene:
    """What came with somebody: rows that are new, rows that are other than before, and the value of the fixture."""

    added: Rows
    changed: Rows
    value: Any


class Stage:
    """Of one test."""

    _scenes: ClassVar[dict[tuple[str, ...], Scene]] = {}
    _seen: ClassVar[dict[tuple[str, ...], Any]] = {}

    def __init__(self) -> None:
        self._came: tuple[str, ...] = ()
        is_fresh = connection.in_atomic_block and not standing.is_laid()
        self._is_known = is_fresh
        self._copies: dict[int, Any] = {}
        self._originals: dict[int, Any] = {}
        _forget_limits()

    def enter(self, name: str, make: Callable[[], T]) -> T:
        """The value of a fixture that writes."""
        if not self._knows():
            return make()
        self._came = (*self._came, name)
        entrance = (_sealed_with(), *self._came)
        if entrance in self._scenes:
            scene = self._scenes[entrance]
            _put(scene)
            return cast(T, self._copy(scene.value))
        self._scenes[entrance], live = self._made(make)
        return live

    def look(self, name: str, make: Callable[[], T]) -> T:
        """The value of a fixture that only reads."""
        if not self._knows():
            return make()
        question = (_sealed_with(), *self._came, name)
        if question in self._seen:
            return cast(T, self._copy(self._seen[question]))
        live = make()
        self._seen[question] = self._original(live)
        return live

    def _knows(self) -> bool:
        """Whether all that the database holds came in here."""
        self._is_known = self._is_known and not _written.by_others
        return self._is_known

    def _made(self, make: Callable[[], T]) -> tuple[Scene, T]:
        before = _rows()
        live = make()
        _written.by_others = False
        after = _rows()
        added = _those(after, lambda table, key: key not in before[table])
        changed = _those(after, lambda table, key: key in before[table] and before[table][key] != after[table][key])
        return Scene(added, changed, self._original(live)), live

    def _original(self, live: Any) -> Any:
        """Who is named by several is one and the same in each test."""
        original = deepcopy(live, dict(self._originals))
        self._pair(original, live)
        return original

    def _copy(self, original: Any) -> Any:
        copy = deepcopy(original, dict(self._copies))
        self._pair(original, copy)
        return copy

    def _pair(self, original: Any, copy: Any) -> None:
        self._copies[id(original)] = copy
        self._originals[id(copy)] = original


class _Written:
    """Whether the test of this moment wrote anything through its connection."""

    by_others = False

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not self.by_others and not sql.lstrip().upper().startswith(READING):
            self.by_others = True
        return execute(sql, *rest)


_written = _Written()


def begin() -> None:
    """Before anything of a test is set up."""
    if _written not in connection.execute_wrappers:
        connection.execute_wrappers.append(_written)
    _written.by_others = False


@cache
def _tables() -> dict[str, Table]:
    models = [
        each for each in apps.get_models(include_auto_created=True) if each._meta.managed and not each._meta.proxy
    ]
    return {
        each._meta.db_table: Table(
            each._meta.db_table,
            str(each._meta.pk.column),
            tuple(str(field.column) for field in each._meta.concrete_fields if not field.generated),
        )
        for each in models
    }


def _sealed_with() -> str:
    """Whoever comes in while other envelope keys are in force leaves other rows behind."""
    return ",".join(key.hex() for key in settings.ENVELOPE_KEYS)


def _rows() -> Rows:
    return {table: dict(_read(table)) for table in _tables().values()}


def _those(rows: Rows, wanted: Callable[[Table, Any], bool]) -> Rows:
    chosen = {table: {key: row for key, row in held.items() if wanted(table, key)} for table, held in rows.items()}
    return {table: held for table, held in chosen.items() if held}


def _read(table: Table) -> Iterable[tuple[Any, Any]]:
    held = "row_to_json(t)::text" if connection.vendor == "postgresql" else ", ".join(map(_quoted, table.columns))
    with _raw() as cursor:
        cursor.execute(f"SELECT {_quoted(table.key)}, {held} FROM {_quoted(table.name)} t")  # noqa: S608
        return [(key, row) for key, *row in cursor.fetchall()]


def _put(scene: Scene) -> None:
    with _raw() as cursor:
        for statement, rows in _statements(scene):
            cursor.executemany(statement, rows)


def _statements(scene: Scene) -> Iterator[tuple[str, list[Any]]]:
    for table, rows in scene.added.items():
        yield _insertion(table), list(rows.values())
    for table, rows in scene.changed.items():
        yield f"{_insertion(table)} {_instead(table)}", list(rows.values())


def _insertion(table: Table) -> str:
    name, columns = _quoted(table.name), ", ".join(map(_quoted, table.columns))
    if connection.vendor == "postgresql":
        return f"INSERT INTO {name} ({columns}) SELECT {columns} FROM json_populate_record(NULL::{name}, %s)"  # noqa: S608
    return f"INSERT INTO {name} ({columns}) VALUES ({', '.join('?' for _ in table.columns)})"  # noqa: S608


def _instead(table: Table) -> str:
    """Where the row is there already."""
    news = ", ".join(f"{_quoted(column)} = excluded.{_quoted(column)}" for column in table.columns)
    return f"ON CONFLICT ({_quoted(table.key)}) DO UPDATE SET {news}"


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


@contextmanager
def _raw() -> Generator[Any, None, None]:
    """A cursor of the driver's own, which nobody counts."""
    cursor = connection.connection.cursor()
    try:
        yield cursor
    finally:
        cursor.close()


def _forget_limits() -> None:
    """What processes remember of things by their ids, which are the same in the next test."""
    buckets._full_at.clear()
    if settings.REDIS_URL:
        redis.Redis.from_url(settings.REDIS_URL).flushdb()
