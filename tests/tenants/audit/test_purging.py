"""Old entries are removed by policy, and the rest verifies from a signed checkpoint."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tenants import audit, services
from tenants.actors import Actor
from tenants.models import INSTANCE_CHAIN, AuditCheckpoint, AuditEvent, AuditHead, Organization
from tenants.problems import Conflict
from tests.tenants.audit.conftest import Sql, Verifiers

pytestmark = pytest.mark.django_db


def purge_up_to(organization: Organization, position: int, actor: Actor) -> int:
    before = AuditEvent.objects.get(organization=organization, position=position + 1).at
    return audit.purge_before(organization, before, actor=actor)


def test_both_verifiers_take_it(busy: Organization, verifiers: Verifiers, system: Actor) -> None:
    assert purge_up_to(busy, 5, system) == 5
    audit.store_waiting()

    positions = AuditEvent.objects.filter(organization=busy).order_by("position").values_list("position", flat=True)
    assert list(positions) == [6, 7, 8, 9, 10]
    assert verifiers.command() == verifiers.outsider() == []


def test_the_chain_says_what_was_removed(busy: Organization, system: Actor) -> None:
    last = AuditEvent.objects.get(organization=busy, position=5)

    purge_up_to(busy, 5, system)

    said = AuditEvent.objects.get(verb="audit.purged").before
    assert (said["until"], said["hash"], said["entries"]) == (5, last.hash, 5)


def test_it_can_go_on_later(busy: Organization, verifiers: Verifiers, system: Actor) -> None:
    purge_up_to(busy, 3, system)
    purge_up_to(busy, 7, system)
    audit.store_waiting()

    assert verifiers.command() == verifiers.outsider() == []


def test_all_that_there_is_may_go(busy: Organization, verifiers: Verifiers, system: Actor) -> None:
    assert audit.purge_before(busy, timezone.now(), actor=system) == 9
    audit.store_waiting()

    assert [event.verb for event in AuditEvent.objects.filter(organization=busy)] == ["audit.purged"]
    assert verifiers.command() == verifiers.outsider() == []


def test_where_nothing_is_as_old_nothing_is_written(busy: Organization, system: Actor) -> None:
    assert audit.purge_before(busy, timezone.now() - timedelta(days=1), actor=system) == 0
    assert AuditHead.objects.get(chain=busy.id).position == 9
    assert not AuditCheckpoint.objects.exists()


def test_the_instances_chain_too(busy: Organization, system: Actor) -> None:
    assert audit.purge_before(None, timezone.now(), actor=system) == 2
    assert audit.verify(INSTANCE_CHAIN).is_intact


def test_a_purge_without_its_checkpoint_is_a_removal(
    busy: Organization, verifiers: Verifiers, system: Actor, sql: Sql
) -> None:
    purge_up_to(busy, 5, system)

    # Its checkpoint was not written to a file yet, and is taken out of the database.
    sql("DELETE FROM tenants_auditcheckpoint WHERE kind = 'purge'")

    assert verifiers.command() == verifiers.outsider() == [("removed", 1, 5)]


def test_an_ordinary_checkpoint_excuses_no_removal(busy: Organization, verifiers: Verifiers, sql: Sql) -> None:
    sql("DELETE FROM tenants_auditevent WHERE chain = %s AND position < 9", busy.id)

    assert verifiers.command() == verifiers.outsider() == [("removed", 1, 8)]


def test_a_broken_chain_is_not_purged(busy: Organization, system: Actor) -> None:
    AuditEvent.objects.filter(organization=busy, position=2).update(verb="member.seen")

    with pytest.raises(Conflict, match="EDITED: entry 2"):
        purge_up_to(busy, 5, system)

    assert AuditEvent.objects.filter(organization=busy).count() == 9


def test_a_forged_beginning_behind_a_purge_is_found(busy: Organization, verifiers: Verifiers, system: Actor) -> None:
    purge_up_to(busy, 5, system)
    audit.store_waiting()

    AuditEvent.objects.filter(organization=busy, position=6).delete()

    assert verifiers.command() == verifiers.outsider() == [("removed", 6, 6)]


def test_an_erasure_and_a_purge_go_together(
    busy: Organization, verifiers: Verifiers, system: Actor, as_alice: Actor
) -> None:
    assert as_alice.user is not None
    audit.erase_person(as_alice.user, actor=system)
    purge_up_to(busy, 5, system)
    audit.store_waiting()

    assert verifiers.command() == verifiers.outsider() == []


def test_a_chain_that_ends_with_its_organization_is_not_missed(
    busy: Organization, verifiers: Verifiers, system: Actor
) -> None:
    services.delete_organization(busy, actor=system)
    chain = busy.id

    assert audit.end_chain(busy, actor=system) == 10
    busy.delete()

    assert chain not in audit.chains()
    assert audit.verify(INSTANCE_CHAIN).is_intact
    said = AuditEvent.objects.get(verb="audit.ended").before
    assert (said["chain"], said["position"], said["fault"]) == (chain, 10, "")
    assert not AuditHead.objects.filter(chain=chain).exists()


def test_a_chain_that_goes_without_saying_so_is_missed(busy: Organization, verifiers: Verifiers, sql: Sql) -> None:
    sql("DELETE FROM tenants_auditevent WHERE chain = %s", busy.id)
    sql("DELETE FROM tenants_audithead WHERE chain = %s", busy.id)
    AuditCheckpoint.objects.all().delete()

    assert busy.id in audit.chains()
    assert [one.kind for one in audit.verify(busy.id).findings] == ["missing"]


def test_ending_what_never_began_does_nothing(acme: Organization, system: Actor) -> None:
    nobody = Organization(slug="nobody", name="Nobody")

    assert audit.end_chain(nobody, actor=system) == 0
    assert audit.purge_before(nobody, timezone.now(), actor=system) == 0
