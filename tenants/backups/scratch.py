"""A database that is there for a while only, with the tables of this program and no migrations to run: in seconds."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from tenants.backups.rows import another_connection, tables

# Nobody misses it when the machine stops.
HURRY = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"


@contextmanager
def scratch() -> Generator[str, None, None]:
    """The alias of an empty SQLite database in the data folder, gone at the end."""
    with (
        tempfile.TemporaryDirectory(dir=settings.DATA, prefix=".scratch-") as folder,
        another_connection(sqlite_at(Path(folder) / "scratch.sqlite3")) as alias,
    ):
        lay(alias)
        yield alias


def sqlite_at(path: Path) -> dict[str, Any]:
    """As Django's settings have it."""
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": HURRY}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}


def lay(alias: str) -> None:
    """Make every table, and note that every migration has run. Walls and triggers are not put up."""
    models = [table.model for table in tables() if not table.model._meta.auto_created]
    with connections[alias].schema_editor() as editor:
        for model in models:
            editor.create_model(model)
    executor = MigrationExecutor(connections[alias])
    executor.recorder.ensure_schema()
    for app, name in executor.loader.disk_migrations:
        executor.recorder.record_applied(app, name)
