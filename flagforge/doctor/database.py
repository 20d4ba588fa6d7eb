"""The database: whether it answers, what it is, whether its tables are those of this release, and what the role may do there."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from flagforge.doctor.findings import Finding, fault, ok, warning
from tenants.checks import the_second_wall_stands

PART = "database"
MIGRATE = "Run `manage.py migrate` (as the owner of the tables, see docs/operating.md)."
# Django's own lowest, and what the drills run on.
LOWEST = {"sqlite": (3, 31), "postgresql": (14,)}
NEEDED = ("SELECT", "INSERT", "UPDATE", "DELETE")
CLOCK_SECONDS = (1.0, 10.0)


class OutOfReach(Exception):
    """Whatever else is asked of the database would fail as well."""


def answers() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        said = f"It does not answer: {error}"
        yield fault(PART, said, "Start it, or correct DATABASE_URL: host, port, name, user, password.")
        raise OutOfReach from None
    version = connection.get_database_version()
    said = f"{connection.display_name} {'.'.join(map(str, version))} answers."
    lowest = LOWEST.get(connection.vendor, ())
    if version[: len(lowest)] < lowest:
        yield fault(PART, said, f"Upgrade it to {'.'.join(map(str, lowest))} or later.")
    else:
        yield ok(PART, said)


def migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    waiting = [
        f"{step.app_label}.{step.name}" for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())
    ]
    replaced = {old for squashed in executor.loader.replacements.values() for old in squashed.replaces}
    installed = {config.label for config in apps.get_app_configs()}
    newer = [
        f"{app}.{name}"
        for app, name in executor.loader.applied_migrations
        if app in installed and (app, name) not in executor.loader.disk_migrations and (app, name) not in replaced
    ]
    if waiting:
        shown = ", ".join(waiting[:3]) + (" …" if len(waiting) > 3 else "")
        yield fault("migrations", f"{len(waiting)} are not applied: {shown}.", MIGRATE)
    if newer:
        said = f"The database has been migrated by another release: {', '.join(sorted(newer)[:3])} are unknown here."
        yield warning("migrations", said, "Run the newest release that wrote to it.")
    if not waiting and not newer:
        yield ok("migrations", "All are applied.")


def rights() -> Iterator[Finding]:
    """Of the role of `DATABASE_URL`, on each table."""
    if connection.vendor != "postgresql":
        yield ok("database rights", "Whoever can write the file may do everything; there are no roles.")
        return
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, privilege FROM pg_class, unnest(%s::text[]) AS privilege WHERE pg_table_is_visible(oid)"
            " AND relname = ANY (%s::text[]) AND NOT has_table_privilege(oid, privilege) ORDER BY relname",
            [list(NEEDED), tables],
        )
        lacking = [f"{privilege} on {table}" for table, privilege in cursor.fetchall()]
    if lacking:
        shown = ", ".join(lacking[:3]) + (f" and {len(lacking) - 3} more" if len(lacking) > 3 else "")
        yield fault("database rights", f"The role may not {shown}.", "Grant it, as deploy/postgresql/roles.sql does.")
    else:
        yield ok("database rights", f"The role may read and write {len(tables)} tables.")


def second_wall() -> Iterator[Finding]:
    said: list[Any] = the_second_wall_stands(None)
    for one in said:
        yield warning("row-level security", str(one.msg), str(one.hint))
    if not said:
        nothing = "SQLite has none; querysets are the only wall." if connection.vendor == "sqlite" else "It holds."
        yield ok("row-level security", nothing)


def clock() -> Iterator[Finding]:
    """PostgreSQL's against this machine's."""
    if connection.vendor != "postgresql":
        yield ok("clock", "The database has that of this machine.")
        return
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    after = timezone.now()
    apart = abs((theirs - (before + (after - before) / 2)).total_seconds())
    said = f"This machine and the database are {apart:.1f} s apart."
    mend = "Run chrony or systemd-timesyncd on both: schedules, expiry and retention read the clock."
    least, most = CLOCK_SECONDS
    yield (
        fault("clock", said, mend)
        if apart > most
        else warning("clock", said, mend)
        if apart > least
        else ok("clock", said)
    )
