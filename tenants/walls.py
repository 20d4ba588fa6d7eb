"""Row-level security on PostgreSQL: a policy on every table that names its organization, put up after each `migrate`.

So a new model is walled by having an `organization`, and a table that lost its policy, as in a restore, gets it back. What
the policies compare is told by `tenants.realm`. FORCE: they hold for the owner of the tables too, though never for a
superuser or a role with BYPASSRLS, which is why neither may serve (`tenants.checks`).
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connections, transaction

from tenants.realm import ALL, SETTING

POLICY = "flagforge_realm"
OWNER = "organization_id"
# Where the organization stands under another name.
OTHER_COLUMNS = {
    "tenants.Organization": "id",
    "tenants.HistoricalOrganization": "id",
    "tenants.AuditHead": "chain",
}
# Asked once for a statement, not for each row.
_REACHED = f"(SELECT string_to_array(current_setting('{SETTING}', true), ','))::text[]"
RULE = f"{{column}} = ANY ({_REACHED}) OR '{ALL}' = ANY ({_REACHED})"

# What is looked up before anybody is known: which organizations a person or a secret leads to, and nothing else of them.
# They run as their owner and look at everything, then put back what was reached before.
LOOK_UPS = {
    "flagforge_realm_of_user": """
        SELECT CASE WHEN person.is_superuser THEN '*' ELSE
            (SELECT string_agg(organization_id, ',') FROM tenants_membership WHERE user_id = person.id) END
        INTO found FROM tenants_user AS person WHERE id = asked AND is_active AND deleted_at IS NULL""",
    "flagforge_realm_of_key": """
        SELECT coalesce(organization_id, '*') INTO found
        FROM tenants_apikey WHERE sha256 >= asked AND sha256 < asked || 'g' ORDER BY sha256 LIMIT 1""",
    "flagforge_realm_of_invitation": """
        SELECT organization_id INTO found FROM tenants_invitation WHERE token_hash = asked""",
    "flagforge_realm_of_trigger": """
        SELECT organization_id INTO found FROM flags_flagtrigger WHERE sha256 = asked""",
}
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {{name}}(asked text) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
    before text := current_setting('{SETTING}', true);
    found text;
BEGIN
    PERFORM set_config('{SETTING}', '{ALL}', true);
    {{question}};
    PERFORM set_config('{SETTING}', coalesce(before, ''), true);
    RETURN found;
END $$"""


def columns() -> dict[str, str]:
    """Each table that a tenant has rows in, and the column that says which tenant's a row is."""
    return dict(_columns())


def _columns() -> Iterator[tuple[str, str]]:
    for model in apps.get_models(include_auto_created=True):
        names = {field.attname for field in model._meta.concrete_fields}
        if column := OTHER_COLUMNS.get(model._meta.label, OWNER if OWNER in names else ""):
            yield model._meta.db_table, column


def put_up(using: str, **_: Any) -> None:
    """Make the look-ups, and the policy of each table that has none or another one. Locks no table that is as it should be."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for name, question in LOOK_UPS.items():
            cursor.execute(_FUNCTION.format(name=name, question=question))
        for table, column in columns().items():
            rule = RULE.format(column=column)
            if _exists(cursor, table, column) and not _stands(cursor, table, rule):
                _wall(cursor, table, rule)


def _exists(cursor: Any, table: str, column: str) -> bool:
    """Not before its own migration has run."""
    cursor.execute(
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s AND NOT attisdropped",
        [table, column],
    )
    return cursor.fetchone() is not None


def _stands(cursor: Any, table: str, rule: str) -> bool:
    cursor.execute(
        """SELECT 1 FROM pg_class AS named JOIN pg_policy AS policy ON policy.polrelid = named.oid
        WHERE named.oid = to_regclass(%s) AND relrowsecurity AND relforcerowsecurity
        AND polname = %s AND obj_description(policy.oid, 'pg_policy') = %s""",
        [table, POLICY, rule],
    )
    return cursor.fetchone() is not None


def _wall(cursor: Any, table: str, rule: str) -> None:
    """The rule is kept beside the policy as it was written: PostgreSQL gives its own words back."""
    cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
    cursor.execute(f"CREATE POLICY {POLICY} ON {table} USING ({rule}) WITH CHECK ({rule})")
    cursor.execute(f"COMMENT ON POLICY {POLICY} ON {table} IS %s", [rule])
    cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
