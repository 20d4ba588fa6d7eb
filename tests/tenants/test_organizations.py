"""Organizations: founded, renamed, deleted, brought back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Membership, Organization, OutboxEvent, Project, User
from tenants.permissions import NotAllowed, actor_of, allowed
from tenants.problems import Conflict, Invalid
from tenants.roles import Role


def test_whoever_founds_an_organization_owns_it(alice: User) -> None:
    organization = services.create_organization(slug="acme", name=" Acme ", owner=alice, actor=actor_of(alice))

    assert organization.name == "Acme"
    assert actor_of(alice).grants == {("organization", organization.id): (Role.OWNER,)}
    assert Membership.objects.filter(organization=organization, user=alice).exists()


def test_founding_is_told_to_history_audit_and_outbox(as_alice: Actor, acme: Organization) -> None:
    event = AuditEvent.objects.get(organization=acme)

    assert (event.verb, event.actor_name, event.after["slug"]) == ("organization.created", "Alice", "acme")
    assert [row.history_user_id for row in acme.history.all()] == [as_alice.id]
    assert OutboxEvent.objects.filter(topic="organization.created", organization=acme).count() == 1


def test_nobody_founds_an_organization_for_somebody_else(alice: User, charlie: User) -> None:
    with pytest.raises(NotAllowed, match="for themselves"):
        services.create_organization(slug="acme", name="Acme", owner=alice, actor=actor_of(charlie))


def test_a_token_founds_no_organization(alice: User, acme: Organization, as_alice: Actor) -> None:
    token, _ = services.create_api_key(kind="token", scope=acme, name="ci", role=Role.OWNER, actor=as_alice)

    with pytest.raises(NotAllowed):
        services.create_organization(slug="other", name="Other", owner=alice, actor=Actor.of_api_key(token))


def test_every_fault_is_named_at_once(alice: User) -> None:
    with pytest.raises(Invalid) as caught:
        services.create_organization(slug="Ac me", name="A\0", owner=alice, actor=actor_of(alice), comment="x" * 2_001)

    assert [fault.path for fault in caught.value.faults] == ["slug", "name", "comment"]


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a_b", "a" * 64, "acme\n", "é"])
def test_bad_slugs_are_refused(alice: User, slug: str) -> None:
    with pytest.raises(Invalid) as caught:
        services.create_organization(slug=slug, name="Acme", owner=alice, actor=actor_of(alice))

    assert {fault.path for fault in caught.value.faults} == {"slug"}
    assert not Organization.with_deleted.exists()


def test_a_taken_slug_is_a_conflict(acme: Organization, charlie: User) -> None:
    with pytest.raises(Conflict, match='"acme" exists already'):
        services.create_organization(slug="acme", name="Mine", owner=charlie, actor=actor_of(charlie))


def test_renaming_keeps_what_it_was(as_ada: Actor, acme: Organization) -> None:
    renamed = services.rename_organization(acme, name="Acme Corporation", actor=as_ada, comment="merger " * 40)

    event = AuditEvent.objects.get(verb="organization.renamed")
    assert (event.before, event.after) == ({"name": "Acme"}, {"name": "Acme Corporation"})
    assert renamed.history.first().history_change_reason == event.comment == "merger " * 40


def test_renaming_to_the_same_name_writes_nothing(as_ada: Actor, acme: Organization) -> None:
    written = AuditEvent.objects.count(), acme.history.count(), OutboxEvent.objects.count()

    services.rename_organization(acme, name="Acme", actor=as_ada)

    assert (AuditEvent.objects.count(), acme.history.count(), OutboxEvent.objects.count()) == written


def test_deletion_hides_everything_below(as_alice: Actor, acme: Organization, production: Environment) -> None:
    services.delete_organization(acme, actor=as_alice)

    for model in (Organization, Project, Environment, Membership, AuditEvent):
        assert not model.objects.visible_to(as_alice).exists(), model
    assert OutboxEvent.objects.filter(topic="organization.deleted", environment=production).exists()


def test_only_owners_delete_the_organization(as_ada: Actor, acme: Organization) -> None:
    assert not allowed(as_ada, "organization.delete", acme)

    with pytest.raises(NotAllowed, match="it takes the role owner there"):
        services.delete_organization(acme, actor=as_ada)


def test_a_deleted_slug_stays_reserved(as_alice: Actor, acme: Organization, charlie: User) -> None:
    services.delete_organization(acme, actor=as_alice)

    with pytest.raises(Conflict, match="Undelete it"):
        services.create_organization(slug="acme", name="Mine", owner=charlie, actor=actor_of(charlie))


def test_undeletion_brings_everything_back(as_alice: Actor, acme: Organization, production: Environment) -> None:
    services.delete_organization(acme, actor=as_alice)

    services.undelete_organization(acme, actor=as_alice)

    assert Environment.objects.visible_to(as_alice).get() == production
    assert OutboxEvent.objects.filter(topic="organization.undeleted", environment=production).exists()


def test_undeletion_ends_with_the_retention(as_alice: Actor, acme: Organization) -> None:
    services.delete_organization(acme, actor=as_alice)
    Organization.with_deleted.update(deleted_at=timezone.now() - timedelta(days=30))

    with pytest.raises(Conflict, match="30 days"):
        services.undelete_organization(acme, actor=as_alice)


def test_what_was_deleted_meanwhile_cannot_be_changed(
    as_alice: Actor, acme: Organization, a_user: Callable[[str], User]
) -> None:
    services.delete_organization(acme, actor=as_alice)

    with pytest.raises(Organization.DoesNotExist):
        services.rename_organization(acme, name="Other", actor=as_alice)
    with pytest.raises(Organization.DoesNotExist):
        services.add_member(acme, user=a_user("Dora"), role=Role.VIEWER, actor=as_alice)
