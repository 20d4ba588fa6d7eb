"""Whether a database is of the schema that this program was written for."""

from typing import Any

from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from tenants.backups.ciphering import Unusable


def ours() -> dict[str, str]:
    """The last migration of each app, as this program has them."""
    executor = MigrationExecutor(None)
    return dict(sorted(executor.loader.graph.leaf_nodes()))


def unmigrated(using: str) -> list[str]:
    """Migrations that the database lacks."""
    executor = MigrationExecutor(connections[using])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def unknown(using: str) -> list[str]:
    """Migrations that the database has and this program does not: a newer one made it."""
    loader = MigrationExecutor(connections[using]).loader
    apps = {app for app, _ in loader.graph.leaf_nodes()}
    known = {*loader.disk_migrations, *(old for new in loader.disk_migrations.values() for old in new.replaces)}
    return [
        f"{app}.{name}" for app, name in sorted(loader.applied_migrations) if app in apps and (app, name) not in known
    ]


def require_ours(using: str) -> None:
    """Raises `Unusable` for a database whose columns are other than those that this program reads and writes."""
    if lacking := unmigrated(using):
        raise Unusable(f"The database lacks {_some(lacking)}: run `manage.py migrate` first.")
    if newer := unknown(using):
        raise Unusable(
            f"The database has {_some(newer)}, which this version of FlagForge does not know: use the newer one."
        )


def require_same(schema: dict[str, str], version: str) -> None:
    """Raises `Unusable` for a backup of another schema."""
    disk = set(MigrationExecutor(None).loader.disk_migrations)
    mine = ours()
    if newer := [f"{app}.{name}" for app, name in schema.items() if (app, name) not in disk]:
        raise Unusable(
            f"The backup was made by FlagForge {version} with {_some(newer)}, which this version does not know. "
            "Install the version that made it, or a newer one."
        )
    if older := [f"{app} at {name} (here {mine.get(app)})" for app, name in schema.items() if mine.get(app) != name]:
        raise Unusable(
            f"The backup is of an older schema: {_some(older)}. Restore it with FlagForge {version}, which made it, "
            "then start this version, which migrates it."
        )


def _some(names: list[Any]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
