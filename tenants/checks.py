"""`manage.py check --deploy`: whether the second wall stands in the database that is used."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags
from django.db import DatabaseError, connection

from tenants import walls

# The role that asks, and each of the tables that has a policy in force.
QUESTION = """
    SELECT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user), array(
        SELECT relname::text FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid
        WHERE relrowsecurity AND relforcerowsecurity AND polname = %s AND pg_table_is_visible(pg_class.oid))"""


@checks.register(Tags.security, deploy=True)
def the_second_wall_stands(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Nothing to say on SQLite, which has no such wall, and where nobody can be asked."""
    if connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(QUESTION, [walls.POLICY])
            walks_through, walled = cursor.fetchone()
    except DatabaseError:
        return []
    return [*_of_role(walks_through), *_of_tables(walls.columns().keys() - set(walled))]


def _of_role(walks_through: bool) -> list[CheckMessage]:
    if not walks_through:
        return []
    return [
        checks.Warning(
            "Row-level security does not hold for the role of DATABASE_URL: it is a superuser or has BYPASSRLS.",
            hint="Connect as a role of its own: docs/operating.md, deploy/postgresql/roles.sql.",
            id="tenants.W001",
        )
    ]


def _of_tables(open_tables: set[str]) -> list[CheckMessage]:
    if not open_tables:
        return []
    return [
        checks.Warning(
            f"These tables have no row-level security in force: {', '.join(sorted(open_tables))}.",
            hint="Run `manage.py migrate` as the owner of the tables: it puts the policies up.",
            id="tenants.W002",
        )
    ]
