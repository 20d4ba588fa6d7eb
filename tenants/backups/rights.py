"""Whether the role that asks PostgreSQL may do what a backup takes."""

from typing import Any

from django.db import connections

from tenants.backups.ciphering import Unusable
from tenants.backups.rows import tables

NOT_READ = """SELECT relname FROM pg_class WHERE oid = ANY (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
    AND NOT has_table_privilege(oid, 'SELECT') ORDER BY 1"""
NOT_OWNED = """SELECT relname FROM pg_class WHERE oid = ANY (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
    AND NOT pg_has_role(relowner, 'USAGE') ORDER BY 1"""


def require_reading(using: str) -> None:
    """Raises `Unusable` for a role that would leave something out."""
    if names := _asked(using, NOT_READ):
        raise Unusable(
            f"The role {_role(using)} may not read {_some(names)}, so the backup would not be "
            "whole. Make it as the role of the owner, the application or the backup (deploy/postgresql/roles.sql)."
        )


def require_owning(using: str) -> None:
    """Raises `Unusable` for a role that cannot empty the tables and set their numbers."""
    if names := _asked(using, NOT_OWNED):
        raise Unusable(
            f"The role {_role(using)} does not own {_some(names)}. Restore as their owner, "
            "who also migrates: DATABASE_URL=postgresql://flagforge_owner:…@… (deploy/postgresql/roles.sql)."
        )


def _asked(using: str, question: str) -> list[str]:
    if connections[using].vendor != "postgresql":
        return []
    with connections[using].cursor() as cursor:
        cursor.execute(question, [[table.name for table in tables()]])
        return [name for (name,) in cursor.fetchall()]


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} other tables"


def _role(using: str) -> Any:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]
