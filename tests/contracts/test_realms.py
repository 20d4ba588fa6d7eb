"""The second wall is whole: every tenant table has its policy in force, and every place that reaches further is known."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, models

from tenants import walls
from tests.contracts.test_every_model_is_walled import MODELS, NO_ORGANIZATION_COLUMN

ROOT = Path(__file__).resolve().parents[2]
APPS = ("tenants", "flags", "evaluation", "analytics", "flagforge")

# Where code in the middle of a request reaches further than whoever asks, and why.
WIDENED = {
    "evaluation/api/installation.py of_the_installation everything": "counts what waits and what lives, for /metrics",
    "evaluation/dashboard/sight.py person_behind everything": "whose session it is, before anybody is let in",
    "evaluation/dashboard/sight.py sights_of everything": "asks for all open pages at once, and tells each its own",
    "evaluation/manifest/keyring.py _asked_now of_key": "looks up who asks",
    "evaluation/manifest/keyring.py find_by_prefix of_key": "the same by a stream token",
    "evaluation/manifest/memory.py _load everything": "rules are held for all who ask",
    "evaluation/manifest/memory.py look_again everything": "the same",
    "flags/dashboard/demo.py demo_places everything": "the seeded demo is open to everybody",
    "flags/triggers.py find_trigger of_trigger": "who has the address may pull it",
    "tenants/api/authentication.py _token of_key": "looks up who asks",
    "tenants/audit/recording.py record to_write": "the instance's chain, as for who registers, is nobody's own",
    "tenants/backups/standing.py moments everything": "backups are of the whole instance, and counted for /metrics",
    "tenants/leaks.py _report of_key": "who found a key reports it, and has it",
    "tenants/outbox.py backlog everything": "counts what waits, for /metrics",
    "tenants/outbox.py drain everything": "works off the changes of everybody",
    "tenants/outbox.py put to_write": "the same for what lies in no organization",
    "tenants/purging/beginning.py begin to_write": "the purge of an account is nobody's own",
    "tenants/purging/ending.py _end_chain everything": "the signed end of an organization's log is the instance's",
    "tenants/selectors.py find_invitation of_invitation": "who has the link may see it",
    "tenants/selectors.py find_invitation extend": "who has the link reaches where it leads",
    "tenants/outgoing_mail.py count_about_account everything": "mails about an account lie in no organization",
    "tenants/outgoing_mail.py find everything": "who has the link in one may follow it",
    "tenants/outgoing_mail.py forget_all everything": "of a deleted account, from whatever organization",
    "tenants/outgoing_mail.py mark_disowned everything": "who has the link in one may follow it",
    "tenants/outgoing_mail.py post everything": "the worker sends for everybody",
    "tenants/services/accounts.py _forget_address everything": "invitations to an address come from anywhere",
    "tenants/services/organizations.py create_organization everything": "whether somebody else has the slug",
    "tenants/services/organizations.py create_organization extend": "the founder reaches what is being founded",
}
# Where somebody becomes known, and by what.
KNOWN = {
    "evaluation/api/doors.py initial": "an SDK key",
    "flags/triggers.py find_trigger": "the address of a trigger",
    "tenants/api/authentication.py _token": "a token",
    "tenants/doorway.py middleware": "a session",
    "tenants/doorway.py reach_as_person": "signing in",
}


def uses() -> Iterator[tuple[str, str]]:
    """Where `realm` is asked for something, and for what."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if path != ROOT / "tenants/realm.py":
                yield from _uses_in(ast.parse(path.read_text()), path.relative_to(ROOT).as_posix(), "")


def _uses_in(node: ast.AST, path: str, function: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        function = node.name
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "realm":
        yield f"{path} {function}", node.attr
    for child in ast.iter_child_nodes(node):
        yield from _uses_in(child, path, function)


USES = set(uses())
FURTHER = {"everything", "EVERYTHING", "extend", "to_write", "of_key", "of_invitation", "of_trigger"}


def test_every_place_that_reaches_further_is_known() -> None:
    assert {f"{place} {what}" for place, what in USES if what in FURTHER} == WIDENED.keys()


def test_every_place_where_somebody_becomes_known_is_known() -> None:
    assert {place for place, what in USES if what == "become"} == KNOWN.keys()


def test_every_table_has_a_wall_but_the_exceptions() -> None:
    walled = walls.columns().keys()
    not_walled = {label for label, model in _models().items() if model._meta.db_table not in walled}

    # Of those without an organization's column, some have it under another name.
    assert not_walled == NO_ORGANIZATION_COLUMN.keys() - walls.OTHER_COLUMNS.keys()


def _models() -> dict[str, type[models.Model]]:
    found: list[type[models.Model]] = [parameter.values[0] for parameter in MODELS]  # type: ignore[misc]
    return {model._meta.label: model for model in found}


@pytest.mark.postgresql
@pytest.mark.django_db
def test_every_wall_stands_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT relname, relrowsecurity, relforcerowsecurity, polcmd, polpermissive, polroles = '{0}',
                pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
            FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid"""
        )
        found = {table: tuple(said) for table, *said in cursor.fetchall()}

    assert found.keys() == walls.columns().keys()
    for table, column in walls.columns().items():
        *flags, shown, taken = found[table]
        assert flags == [True, True, "*", True, True], table
        assert shown == taken
        assert re.match(rf"\(\((\({column}\)::text|{column}) = ANY \(", shown), (table, shown)


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_wall_that_was_lost_comes_back_with_the_next_migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE flags_flag NO FORCE ROW LEVEL SECURITY")
        cursor.execute("DROP POLICY flagforge_realm ON tenants_project")
    told = [(found.id, found.msg) for found in run_checks(include_deployment_checks=True) if found.id == "tenants.W002"]
    assert told == [("tenants.W002", "These tables have no row-level security in force: flags_flag, tenants_project.")]

    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")

    assert not [found for found in run_checks(include_deployment_checks=True) if found.id == "tenants.W002"]


@pytest.mark.postgresql
@pytest.mark.django_db
def test_walls_that_stand_are_left_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(oid ORDER BY oid) FROM pg_policy")
        before = cursor.fetchone()

        walls.put_up("default")

        cursor.execute("SELECT array_agg(oid ORDER BY oid) FROM pg_policy")
        assert cursor.fetchone() == before
