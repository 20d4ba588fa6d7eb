"""deploy/postgresql/roles.sql, for real: who owns the tables, who serves, who backs up, and what each of them sees by raw SQL."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from script.postgresql import find_binaries

pytestmark = pytest.mark.postgresql

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "walled"
OWNER, APPLICATION, BACKUP = "flagforge_owner", "flagforge_application", "flagforge_backup"
ACME, GLOBEX = "01ACME" + "0" * 20, "01GLOBEX" + "0" * 18
# Each has the columns that the two rows need besides the organization's; the rest is filled with what is plain.
TABLES = ("tenants_project", "tenants_historicalproject", "tenants_auditevent", "flags_historicalsegment")


def url(role: str, database: str = DATABASE) -> str:
    place = connection.settings_dict
    return f"postgresql://{role}@{place['HOST']}:{place['PORT']}/{database}"


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """The lane's PostgreSQL with the three roles and a database that the owner migrated."""
    try:
        superuser = psycopg.connect(url("postgres", "postgres"), autocommit=True)
    except psycopg.OperationalError:
        pytest.skip("TEST_DATABASE_URL names a server that lets nobody in as postgres")
    passwords = [f"-v{who}_password=x" for who in ("owner", "application", "backup")]
    psql = [str(find_binaries() / "psql"), "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-q", f"-vdatabase={DATABASE}"]
    with superuser:
        try:
            subprocess.run(
                [*psql, *passwords, "-f", ROOT / "deploy/postgresql/roles.sql", url("postgres", "postgres")], check=True
            )
            manage("migrate", as_role=OWNER)
            with psycopg.connect(url(OWNER), autocommit=True) as owner:
                fill(owner)
            yield
        finally:
            superuser.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            for role in (OWNER, APPLICATION, BACKUP):
                superuser.execute(f"DROP ROLE IF EXISTS {role}")


def manage(*words: str, as_role: str, fails: bool = False) -> str:
    environment = {**os.environ, "DATABASE_URL": url(as_role), "DJANGO_SETTINGS_MODULE": "flagforge.settings.base"}
    environment.pop("REDIS_URL", None)
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert bool(done.returncode) == fails, done.stderr
    return done.stdout + done.stderr


def fill(owner: Any) -> None:
    """Two organizations, with a row of each in every table of the list."""
    owner.execute("SET flagforge.realm = '*'")
    for organization in (ACME, GLOBEX):
        insert(owner, "tenants_organization", {"id": organization, "slug": organization.lower()})
        for table in TABLES:
            insert(owner, table, {"organization_id": organization, "chain": organization})


def insert(anybody: Any, table: str, given: dict[str, str]) -> None:
    """A row in which every column that must be filled holds something plain of its type."""
    columns = anybody.execute(
        """SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0
        AND NOT attisdropped AND attidentity = '' AND (attnotnull OR attname = ANY (%s))""",
        [table, list(given)],
    ).fetchall()
    plain = {"boolean": False, "jsonb": "{}", "timestamp with time zone": "2026-01-01T00:00:00Z"}
    row = {name: given.get(name, plain.get(kind, "1")) for name, kind in columns}
    if "history_type" in row:
        row["history_type"] = "+"
    if table != "tenants_organization" and "id" in row:
        row["id"] = f"{table[-6:]}{given['organization_id'][2:8]}"
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(map(sql.Literal, row.values()))
    anybody.execute(sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, values))


@pytest.fixture
def application(server: None) -> Iterator[Any]:
    with psycopg.connect(url(APPLICATION), autocommit=True) as connected:
        yield connected


@pytest.mark.parametrize("table", ["tenants_organization", *TABLES])
def test_raw_sql_shows_nothing_without_a_realm_and_its_own_with_one(application: Any, table: str) -> None:
    column = "id" if table == "tenants_organization" else "organization_id"
    asked = sql.SQL("SELECT {} FROM {} ORDER BY 1").format(sql.Identifier(column), sql.Identifier(table))

    def seen() -> list[str]:
        return [row[0] for row in application.execute(asked)]

    assert seen() == []
    with application.transaction():
        application.execute(f"SET LOCAL flagforge.realm = '{ACME}'")
        assert seen() == [ACME]
    assert seen() == [], "what a transaction set is over with it"
    with application.transaction():
        application.execute(f"SET LOCAL flagforge.realm = '{GLOBEX},{ACME}'")
        assert seen() == [ACME, GLOBEX]


@pytest.mark.parametrize("table", TABLES)
def test_raw_sql_neither_makes_changes_moves_nor_deletes_a_row_of_another(application: Any, table: str) -> None:
    application.execute(f"SET flagforge.realm = '{GLOBEX}'")

    def change(statement: str) -> int:
        named = sql.SQL(statement).format(table=sql.Identifier(table), acme=sql.Literal(ACME))
        return int(application.execute(named).rowcount)

    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        insert(application, table, {"organization_id": ACME, "chain": ACME})
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        change("UPDATE {table} SET organization_id = {acme}")
    assert change("UPDATE {table} SET id = 'x' WHERE organization_id = {acme}") == 0
    assert change("DELETE FROM {table} WHERE organization_id = {acme}") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE tenants_project DISABLE ROW LEVEL SECURITY",
        "DROP POLICY flagforge_realm ON tenants_project",
        "TRUNCATE tenants_project",
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION flagforge_realm_of_key(asked text) RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
        "SET ROLE flagforge_owner",
    ],
)
def test_who_serves_takes_no_wall_down(application: Any, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        application.execute(statement)


def test_the_look_ups_answer_who_serves_and_nobody_else(application: Any) -> None:
    assert application.execute("SELECT flagforge_realm_of_key('0000')").fetchone() == (None,)
    with psycopg.connect(url(BACKUP)) as backup, pytest.raises(InsufficientPrivilege):
        backup.execute("SELECT flagforge_realm_of_key('0000')")


def test_the_owner_is_walled_too_and_the_backup_is_not(server: None) -> None:
    with psycopg.connect(url(OWNER)) as owner, psycopg.connect(url(BACKUP)) as backup:
        assert owner.execute("SELECT count(*) FROM tenants_project").fetchone() == (0,)
        assert backup.execute("SELECT count(*) FROM tenants_project").fetchone() == (2,)
        with pytest.raises(InsufficientPrivilege):
            backup.execute("DELETE FROM tenants_project")


def test_a_backup_holds_the_rows_of_all(server: None) -> None:
    dump = [str(find_binaries() / "pg_dump"), "--data-only", "--table", "tenants_project", url(BACKUP)]

    said = subprocess.run(dump, capture_output=True, text=True, timeout=100)

    assert said.returncode == 0, said.stderr
    assert {ACME, GLOBEX} <= set(said.stdout.split())


def test_the_whole_database_can_be_backed_up(server: None, tmp_path: Path) -> None:
    dump = [str(find_binaries() / "pg_dump"), "--format", "custom", "--file", str(tmp_path / "dump"), url(BACKUP)]

    subprocess.run(dump, check=True, timeout=100)

    assert (tmp_path / "dump").read_bytes().startswith(b"PGDMP")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO tenants_audithead (chain, position, hash) VALUES ('x', 0, '')",
        "UPDATE tenants_project SET name = 'x'",
        "DELETE FROM tenants_auditevent",
        "TRUNCATE tenants_project",
        "CREATE TABLE mine (id int)",
        "SET ROLE flagforge_application",
    ],
)
def test_a_backup_writes_nothing(server: None, statement: str) -> None:
    with psycopg.connect(url(BACKUP), autocommit=True) as backup, pytest.raises(InsufficientPrivilege):
        backup.execute(statement)


def test_our_own_backup_is_made_by_any_role_that_reads_all_and_restored_by_the_owner_alone(
    server: None, tmp_path: Path
) -> None:
    for role in (APPLICATION, BACKUP):
        told = manage("backup", "--to", str(tmp_path / role), as_role=role)
        assert " rows, " in told
    refused = manage("restore", str(tmp_path / BACKUP), "--force", as_role=APPLICATION, fails=True)
    assert "does not own" in refused
    assert "flagforge_owner" in refused
    told = manage("restore", str(tmp_path / BACKUP), "--force", as_role=OWNER)

    assert "all counted" in told
    with psycopg.connect(url(BACKUP)) as backup:
        assert backup.execute("SELECT count(*) FROM tenants_project").fetchone() == (2,)


def test_a_superuser_who_serves_is_warned_of(server: None) -> None:
    assert "tenants.W001" in manage("check", "--deploy", as_role="postgres")
    told = manage("check", "--deploy", as_role=APPLICATION)
    assert "tenants.W001" not in told
    assert "tenants.W002" not in told


DAYS = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'analytics_telemetrybatch'::regclass"
DAY = "2031-03-01"


def test_whoever_serves_makes_and_drops_days_of_telemetry_and_no_other_table(application: Any) -> None:
    (before,) = application.execute(DAYS).fetchone()
    application.execute("SELECT analytics_make_day(%s)", [DAY])
    (made,) = application.execute(DAYS).fetchone()
    application.execute("SELECT analytics_drop_day(%s, 'infinity')", [DAY])

    assert (made, application.execute(DAYS).fetchone()) == (before + 1, (before,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute("DROP TABLE analytics_telemetrybatch_default")


def test_the_worker_as_who_serves_makes_days_ahead(server: None) -> None:
    code = "from analytics import partitions; from django.utils.timezone import now; print(partitions.make_ahead(now=now()))"

    made = [manage("shell", "--no-imports", "-c", code, as_role=APPLICATION).splitlines()[-1] for _ in range(2)]

    assert made == ["4", "0"]


@pytest.mark.parametrize("call", ["analytics_make_day(%s)", "analytics_drop_day(%s, now())"])
def test_whoever_backs_up_makes_and_drops_no_day(server: None, call: str) -> None:
    with (
        psycopg.connect(url(BACKUP), autocommit=True) as backup,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        backup.execute(f"SELECT {call}", [DAY])
