"""Keys that were found where they should not be: reported by whoever has them, told to admins, revoked where that is wanted."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from tenants import leaks, selectors, services
from tenants.actors import Actor
from tenants.models import ApiKey, AuditEvent, Environment, Organization, OutboxEvent, Project, User
from tenants.problems import Invalid
from tenants.roles import Role
from tenants.services.leaked_keys import Outcome

ANYBODY = Actor.anonymous()
WHERE = "https://github.com/acme/shop"


@pytest.fixture
def leaked(production: Environment, as_ada: Actor) -> tuple[ApiKey, str]:
    return services.create_api_key(kind="server", scope=production, name="The shop", actor=as_ada)


def test_a_found_key_is_marked_and_works_on(leaked: tuple[ApiKey, str]) -> None:
    api_key, secret = leaked

    found = services.report_leaked_key(secret, found_at=WHERE, actor=ANYBODY)

    api_key.refresh_from_db()
    told = AuditEvent.objects.get(verb="api_key.leak_reported")
    assert (found.outcome, found.is_news) == (Outcome.MARKED, True)
    assert (api_key.leaked_at is None, api_key.revoked_at) == (False, None)
    assert (told.actor_name, told.comment, told.object_id) == ("anonymous", WHERE, api_key.id)
    assert secret not in str(told.after)


def test_it_ends_at_once_where_the_organization_wants_that(leaked: tuple[ApiKey, str], as_ada: Actor) -> None:
    api_key, secret = leaked
    services.set_leak_policy(api_key.organization, revokes_leaked_keys=True, actor=as_ada)  # type: ignore[arg-type]

    found = services.report_leaked_key(secret, actor=ANYBODY)

    assert found.outcome == Outcome.REVOKED
    assert not ApiKey.objects.usable().exists()
    assert OutboxEvent.objects.filter(topic="api_key.revoked").exists()  # which closes its streams
    assert AuditEvent.objects.get(verb="api_key.revoked").actor_name == "leaked keys"
    assert services.report_leaked_key(secret, actor=ANYBODY).outcome == Outcome.UNKNOWN


def test_a_second_report_is_no_news(leaked: tuple[ApiKey, str]) -> None:
    _, secret = leaked
    services.report_leaked_key(secret, actor=ANYBODY)

    again = services.report_leaked_key(secret, actor=ANYBODY)

    assert (again.outcome, again.is_news) == (Outcome.MARKED, False)
    assert AuditEvent.objects.filter(verb="api_key.leak_reported").count() == 1


def test_a_client_key_is_no_find(production: Environment, as_ada: Actor) -> None:
    _, secret = services.create_api_key(kind="client", scope=production, name="web", actor=as_ada)

    assert services.report_leaked_key(secret, revoke=True, actor=ANYBODY).outcome == Outcome.PUBLIC
    assert ApiKey.objects.get().leaked_at is None


def test_what_is_no_key_or_over_is_unknown(leaked: tuple[ApiKey, str], as_ada: Actor) -> None:
    api_key, secret = leaked
    services.revoke_api_key(api_key, actor=as_ada)

    for nothing in (secret, "ff_server_" + "x" * 43, api_key.prefix):
        assert services.report_leaked_key(nothing, actor=ANYBODY).outcome == Outcome.UNKNOWN
    assert not AuditEvent.objects.filter(verb="api_key.leak_reported").exists()


def test_what_cannot_be_stored_is_refused(leaked: tuple[ApiKey, str]) -> None:
    with pytest.raises(Invalid):
        services.report_leaked_key(leaked[1], found_at="\0", actor=ANYBODY)


def test_the_policy_is_told_in_the_audit_once(acme: Organization, as_ada: Actor) -> None:
    for _ in range(2):
        acme = services.set_leak_policy(acme, revokes_leaked_keys=True, actor=as_ada)

    assert AuditEvent.objects.get(verb="organization.leak_policy_set").after == {"revokes_leaked_keys": True}


def test_whoever_may_revoke_it_gets_one_mail(
    leaked: tuple[ApiKey, str], alice: User, bob: User, charlie: User, shop: Project, as_alice: Actor
) -> None:
    _, secret = leaked
    services.add_member(shop.organization, user=charlie, role=Role.ADMIN, scope=shop, actor=as_alice)

    for _ in range(2):
        leaks.report([secret], found_at=WHERE, actor=ANYBODY)

    assert sorted(one.to[0] for one in mail.outbox) == ["ada@example.com", "alice@example.com", "charlie@example.com"]
    assert WHERE in mail.outbox[0].body
    assert "It still works" in mail.outbox[0].body
    assert "/organizations/acme/keys/" in mail.outbox[0].body
    assert secret not in str([one.body for one in mail.outbox])


def test_of_a_key_of_the_instance_its_superusers_are_told(acme: Organization, system: Actor) -> None:
    User.objects.create_superuser("root@example.com", "correct horse battery staple")
    _, secret = services.create_api_key(kind="relay", scope=None, name="relay", actor=system)

    leaks.report([secret], found_at="", revoke=True, actor=ANYBODY)

    assert [one.to for one in mail.outbox] == [["root@example.com"]]


@pytest.fixture
def findings(leaked: tuple[ApiKey, str], production: Environment, as_ada: Actor, tmp_path: Path) -> Path:
    _, public = services.create_api_key(kind="client", scope=production, name="web", actor=as_ada)
    file = tmp_path / "report.json"
    file.write_bytes(b"\xff" + f'[{{"Secret": "{leaked[1]}"}}, "{public}", "ff_token_{"y" * 43}"]'.encode())
    return file


def test_the_command_revokes_what_a_scanner_found(findings: Path, leaked: tuple[ApiKey, str], capsys: Any) -> None:
    call_command("revoke_leaked_keys", str(findings), found_at=WHERE)

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["revoked", "public", "unknown"]
    assert lines[0].startswith(leaked[0].prefix)
    assert [one.kind for one in ApiKey.objects.usable()] == ["client"]


def test_the_command_may_only_mark(findings: Path, capsys: Any) -> None:
    call_command("revoke_leaked_keys", str(findings), mark=True)

    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["marked", "public", "unknown"]


def test_the_command_says_when_it_finds_nothing_and_what_it_cannot_read(tmp_path: Path, capsys: Any, db: None) -> None:
    (tmp_path / "empty").touch()
    call_command("revoke_leaked_keys", str(tmp_path / "empty"))

    assert "No key of FlagForge" in capsys.readouterr().out
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("revoke_leaked_keys", str(tmp_path / "nowhere"))


def test_what_ends_soon_and_has_no_successor_wants_one(production: Environment, as_ada: Actor) -> None:
    now = timezone.now()
    make: Callable[..., ApiKey] = lambda **ends: services.create_api_key(  # noqa: E731
        kind="server", scope=production, name="web", expires_at=now + timedelta(**ends) if ends else None, actor=as_ada
    )[0]
    soon, rotated, revoked, *_ = [make(days=3), make(days=3), make(days=3), make(days=30), make()]
    services.rotate_api_key(rotated, overlap=timedelta(days=1), actor=as_ada)
    services.revoke_api_key(revoked, actor=as_ada)

    ending = selectors.ending_keys(ApiKey.objects.all(), now)

    # The successor of a key that was made for three days lives for three days.
    assert set(ending) == {soon, ApiKey.objects.get(replaces=rotated)}
    assert set(selectors.ending_keys(ApiKey.objects.all(), now, timedelta(days=1))) == set()
