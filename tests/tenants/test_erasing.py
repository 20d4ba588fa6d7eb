"""What is kept of somebody whose account was deleted is erased after a month, or at once, and every chain still verifies."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from flags import services as flag_services
from flags.models import Flag, FlagConfig
from tenants import audit, outbox, purging, services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Invitation, Organization, Purge, User, WebhookDelivery
from tenants.models.users import NAMELESS
from tenants.orphans import orphans
from tenants.permissions import NotAllowed, actor_of
from tenants.problems import Conflict
from tenants.purging import stages
from tenants.roles import Role
from tests.conftest import PASSWORD, Browser
from tests.tenants.purged import make_overdue, told_of

pytestmark = pytest.mark.django_db
NAME, ADDRESS = "Rosalind", "rosalind@example.com"


@pytest.fixture
def rosalind(acme: Organization, development: Environment, as_alice: Actor) -> User:
    """Somebody who was invited, did things of all kinds, and deleted her account."""
    invitation, _ = services.invite(acme, email=ADDRESS, role=Role.ADMIN, actor=as_alice)
    person = services.register_user(email=ADDRESS, password=PASSWORD, name=NAME, actor=Actor.anonymous())
    services.accept_invitation(invitation, user=person, actor=actor_of(person))
    actor = actor_of(person)
    flag = flag_services.create_flag(development.project, {"key": "checkout", "owner": ADDRESS}, actor=actor).thing
    flag_services.toggle_flag(flag, development, enabled=True, actor=actor)
    services.create_api_key(kind="server", scope=development, name="web", actor=actor)
    services.create_environment(development.project, key="old", name="Old", actor=actor)
    services.delete_environment(Environment.objects.get(key="old"), actor=actor)
    outbox.drain()
    long_ago = timezone.now() - timedelta(days=60)
    for rows in (Invitation.objects, Invitation.history):
        rows.update(created_at=long_ago)
    services.delete_account(person, actor=actor)
    return person


def test_nothing_tells_of_them_any_more(rosalind: User, acme: Organization) -> None:
    assert "tenants.HistoricalUser.email" in told_of(ADDRESS)
    make_overdue(rosalind)

    purging.work()
    assert told_of(NAME, ADDRESS) == set()
    assert told_of(rosalind.id) == {
        "tenants.AuditEvent.actor_id",
        "tenants.AuditEvent.object_id",
        "tenants.AuditEvent.before",
        "tenants.AuditEvent.after",
        "tenants.OutboxEvent.payload",
        "tenants.Purge.thing_id",
    }
    assert list(orphans()) == []
    assert not User.with_deleted.filter(pk=rosalind.pk).exists()


def test_what_webhooks_told_of_them_goes_and_what_they_told_of_others_stays(
    rosalind: User, acme: Organization, as_alice: Actor
) -> None:
    webhook, _ = services.create_webhook(scope=acme, name="CI", url="https://example.com/hooks", actor=as_alice)
    hers = AuditEvent.objects.filter(actor_id=rosalind.id).first()
    assert hers is not None
    bodies = {hers.id: f"<{NAME}> toggled", "by-address": f'{{"name":"{ADDRESS}"}}', "of-another": "Alice toggled"}
    for event_id, body in bodies.items():
        WebhookDelivery.objects.create(
            organization=acme, webhook=webhook, event_id=event_id, event_type="x", body=body, created_at=timezone.now()
        )
    make_overdue(rosalind)

    purging.work()

    assert [row.event_id for row in WebhookDelivery.objects.all()] == ["of-another"]


def test_what_was_done_stays_known_and_the_chains_verify(rosalind: User, acme: Organization) -> None:
    make_overdue(rosalind)
    purging.work()

    for chain in (acme.id, "instance"):
        assert audit.verify(chain).is_intact
    event = AuditEvent.objects.get(verb="environment.created", object_name="Old")
    assert (event.actor_id, event.actor_name, event.object_name) == (rosalind.id, "", "Old")
    assert set(AuditEvent.with_deleted.filter(verb="audit.person_erased").values_list("chain", flat=True)) == {
        acme.id,
        "instance",
    }
    assert AuditEvent.with_deleted.get(verb="user.purged").object_id == rosalind.id


def test_what_they_made_stays_under_another_name(rosalind: User, development: Environment) -> None:
    make_overdue(rosalind)
    purging.work()

    config = FlagConfig.objects.get(environment=development)
    assert (config.enabled, config.updated_by_name) == (True, NAMELESS)
    assert {row.updated_by_name for row in FlagConfig.history.all()} == {NAMELESS}
    assert Flag.objects.get().owner is None
    assert development.api_keys.get().created_by is None


def test_before_the_month_is_over_the_name_stays(rosalind: User) -> None:
    make_overdue(rosalind, days=29)

    purging.work()

    assert not Purge.with_deleted.exists()
    assert "tenants.User.name" in told_of(NAME)


def test_a_few_rows_at_a_time_it_comes_to_the_same(rosalind: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "ROWS_AT_ONCE", 2)
    make_overdue(rosalind)

    assert purging.work() > 10

    assert told_of(NAME, ADDRESS) == set()


def test_others_are_left_as_they_are(rosalind: User, acme: Organization, alice: User, vera: User) -> None:
    make_overdue(rosalind)
    before = told_of("Vera", "vera@example.com", "Alice")

    purging.work()

    assert told_of("Vera", "vera@example.com", "Alice") == before
    assert AuditEvent.objects.filter(actor_name="Alice").exists()


def test_whoever_has_the_address_now_is_somebody_else(rosalind: User, acme: Organization, as_alice: Actor) -> None:
    anew = services.register_user(email=ADDRESS, password=PASSWORD, name="Anew", actor=Actor.anonymous())
    services.invite(acme, email=ADDRESS, role=Role.VIEWER, actor=as_alice)
    services.erase_account(rosalind, actor=Actor.system("operator"))

    purging.work()

    anew.refresh_from_db()
    assert (anew.email, anew.name) == (ADDRESS, "Anew")
    assert Invitation.objects.get().email == ADDRESS


def test_one_erases_oneself_at_once(acme: Organization, vera: User, browser: Browser) -> None:
    client = browser(vera)
    assert "Erase my name at once" in client.get("/accounts/delete/").content.decode()

    client.post("/accounts/delete/", {"typed": vera.email, "erase": "on"})
    purging.work()

    assert told_of("vera@example.com") == set()
    assert told_of("Vera") == set()


def test_the_operator_erases_whoever_asks_for_it(rosalind: User, capsys: Any) -> None:
    call_command("erase_account", ADDRESS, comment="she wrote")

    assert capsys.readouterr().out == f"Begun: the account {rosalind.id}.\n"
    with pytest.raises(CommandError, match="begun already"):
        call_command("erase_account", rosalind.id)
    purging.work()
    assert told_of(NAME, ADDRESS) == set()


def test_the_operator_erases_nobody_who_is_there(acme: Organization, vera: User) -> None:
    with pytest.raises(CommandError, match="There is no deleted account"):
        call_command("erase_account", "vera@example.com")
    with pytest.raises(Conflict, match="is not deleted"):
        services.erase_account(vera, actor=Actor.system("operator"))


def test_nobody_else_erases_anybody(rosalind: User, as_alice: Actor) -> None:
    for actor in (as_alice, actor_of(rosalind), Actor.anonymous()):
        with pytest.raises(NotAllowed, match="whoever runs the server"):
            services.erase_account(rosalind, actor=actor)
