"""What somebody does to the log with raw SQL is found, and named, by both verifiers."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from tenants import audit
from tenants.actors import Actor
from tenants.audit.reading import in_order
from tenants.audit.recording import entry_of
from tenants.chain.entries import Entry, hash_of, payload_hash_of
from tenants.models import AuditCheckpoint, AuditEvent, Organization
from tests.tenants.audit.conftest import Named, Sql, Verifiers

pytestmark = pytest.mark.django_db
# ruff: noqa: S608  (SQL of our own, with names that stand right here)

EVENT, HEAD = "tenants_auditevent", "tenants_audithead"
IN_ACME = "chain = (SELECT id FROM tenants_organization WHERE slug = 'acme')"


def edit(sql: Sql) -> None:
    sql(f"UPDATE {EVENT} SET verb = 'project.viewed' WHERE {IN_ACME} AND position = 5")


def edit_a_payload(sql: Sql) -> None:
    sql(f"UPDATE {EVENT} SET comment = 'never said' WHERE {IN_ACME} AND position = 5")


def edit_who_it_was(sql: Sql) -> None:
    sql(f"UPDATE {EVENT} SET actor_name = 'Mallory' WHERE {IN_ACME} AND position = 5")


def remove(sql: Sql) -> None:
    sql(f"DELETE FROM {EVENT} WHERE {IN_ACME} AND position IN (5, 6)")


def remove_and_close_the_gap(sql: Sql) -> None:
    sql(f"DELETE FROM {EVENT} WHERE {IN_ACME} AND position = 5")
    sql(f"UPDATE {EVENT} SET position = position + 1000 WHERE {IN_ACME} AND position > 5")
    sql(f"UPDATE {EVENT} SET position = position - 1001 WHERE {IN_ACME} AND position > 5")


def remove_the_first(sql: Sql) -> None:
    sql(f"DELETE FROM {EVENT} WHERE {IN_ACME} AND position < 4")


def reorder(sql: Sql) -> None:
    for old, new in ((5, 1005), (7, 5), (1005, 7)):
        sql(f"UPDATE {EVENT} SET position = %s WHERE {IN_ACME} AND position = %s", new, old)


def renumber_the_last(sql: Sql) -> None:
    sql(f"UPDATE {EVENT} SET position = 12 WHERE {IN_ACME} AND position = 9")


def cut_off(sql: Sql) -> None:
    sql(f"DELETE FROM {EVENT} WHERE {IN_ACME} AND position > 6")


def cut_off_all(sql: Sql) -> None:
    sql(f"DELETE FROM {EVENT} WHERE {IN_ACME}")


def erase(sql: Sql) -> None:
    nothing = "object_name = '', before = NULL, after = NULL, comment = '', nonce = ''"
    sql(f"UPDATE {EVENT} SET {nothing} WHERE {IN_ACME} AND position = 5")


def set_the_head_back(sql: Sql) -> None:
    sql(f"DELETE FROM {EVENT} WHERE {IN_ACME} AND position > 6")
    last = f"(SELECT hash FROM {EVENT} WHERE {IN_ACME} AND position = 6)"
    sql(f"UPDATE {HEAD} SET position = 6, hash = {last} WHERE {IN_ACME}")


def take_the_head_away(sql: Sql) -> None:
    sql(f"DELETE FROM {HEAD} WHERE {IN_ACME}")


def write_it_anew(sql: Sql) -> None:
    """As somebody who knows how entries are hashed: one is another, and all behind it follow from that."""
    previous = ""
    for event in in_order(AuditEvent.objects.filter(organization__slug="acme")):
        entry = entry_of(event)
        if entry.position >= 5:
            entry = _forged(entry, previous)
            columns = ("comment", "payload_hash", "previous_hash", "hash")
            settings = ", ".join(f"{name} = %s" for name in columns)
            values = [getattr(entry, name) for name in columns]
            sql(f"UPDATE {EVENT} SET {settings} WHERE id = %s", *values, entry.id)
        previous = entry.hash
    sql(f"UPDATE {HEAD} SET hash = %s WHERE {IN_ACME}", previous)


def _forged(entry: Entry, previous: str) -> Entry:
    forged = dataclasses.replace(entry, comment="Nothing happened", previous_hash=previous or entry.previous_hash)
    forged.payload_hash = payload_hash_of(forged)
    forged.hash = hash_of(forged)
    return forged


def edit_with_its_hash(sql: Sql) -> None:
    """One entry made anew, hash and all; those behind it still follow from the old one."""
    event = AuditEvent.objects.get(organization__slug="acme", position=5)
    forged = _forged(entry_of(event), "")
    values = [forged.comment, forged.payload_hash, forged.hash, forged.id]
    sql(f"UPDATE {EVENT} SET comment = %s, payload_hash = %s, hash = %s WHERE id = %s", *values)


HEAD_IS_FORGED: list[Named] = [("head", 6, 6)]
# What is done; what both find; what the command finds besides, since it has the head and its key.
ATTACKS: list[tuple[Callable[[Sql], None], list[Named], list[Named]]] = [
    (edit, [("edited", 5, 5)], []),
    (edit_a_payload, [("edited", 5, 5)], []),
    (edit_who_it_was, [("edited", 5, 5)], []),
    (edit_with_its_hash, [("edited", 5, 5)], []),
    (remove, [("removed", 5, 6)], []),
    (remove_and_close_the_gap, [("removed", 5, 5)], []),
    (remove_the_first, [("removed", 1, 3)], []),
    (reorder, [("reordered", 5, 5), ("reordered", 6, 6)], []),
    (renumber_the_last, [("reordered", 12, 12)], []),
    (cut_off, [("cut_off", 7, 9)], []),
    (erase, [("erased", 5, 5)], []),
    (set_the_head_back, [("cut_off", 7, 9)], HEAD_IS_FORGED),
    (take_the_head_away, [], [("head", 9, 9)]),
    (write_it_anew, [("rewritten", 9, 9)], [("head", 9, 9)]),
]


@pytest.mark.parametrize(("attack", "found", "besides"), ATTACKS, ids=lambda value: getattr(value, "__name__", ""))
def test_it_is_found_and_named_by_both(
    attack: Callable[[Sql], None], found: list[Named], besides: list[Named], verifiers: Verifiers, sql: Sql
) -> None:
    assert verifiers.command() == verifiers.outsider() == []

    attack(sql)

    assert sorted(verifiers.outsider()) == sorted(found)
    assert sorted(verifiers.command()) == sorted(found + besides)


def test_a_chain_that_is_gone_is_missed(verifiers: Verifiers, sql: Sql) -> None:
    cut_off_all(sql)
    sql(f"DELETE FROM {HEAD} WHERE {IN_ACME}")

    assert verifiers.command() == verifiers.outsider() == [("cut_off", 1, 9)]


def test_without_a_checkpoint_the_head_alone_tells_that_the_end_was_cut_off(busy: Organization, sql: Sql) -> None:
    set_the_head_back(sql)

    assert [(one.kind, one.first) for one in audit.verify(busy.id).findings] == [("head", 6)]


def test_the_next_change_does_not_make_a_forged_end_a_sound_one(busy: Organization, sql: Sql, system: Actor) -> None:
    set_the_head_back(sql)

    with transaction.atomic():
        audit.record(system, "organization.renamed", busy)

    verbs = list(AuditEvent.objects.filter(organization=busy).order_by("-position").values_list("verb", flat=True)[:2])
    assert verbs == ["organization.renamed", "audit.head_broken"]
    report = audit.verify(busy.id)
    assert [(one.kind, one.first) for one in report.findings] == [("head", 7)]
    assert "position" in str(AuditEvent.objects.get(verb="audit.head_broken").after)


def test_changes_go_on_without_a_head_and_the_chain_says_so(busy: Organization, sql: Sql, system: Actor) -> None:
    take_the_head_away(sql)

    with transaction.atomic():
        audit.record(system, "organization.renamed", busy)

    assert [(one.kind, one.first) for one in audit.verify(busy.id).findings] == [("head", 10)]


def test_a_forged_end_is_not_signed(busy: Organization, sql: Sql) -> None:
    set_the_head_back(sql)

    with pytest.raises(audit.HeadBroken, match="not made with the key"):
        audit.take(busy.id)
    assert audit.take_all() == 1  # of the instance, and no other


def test_an_entry_behind_the_head_is_found(busy: Organization, sql: Sql) -> None:
    sql(f"UPDATE {HEAD} SET position = 8 WHERE {IN_ACME}")

    assert {one.kind for one in audit.verify(busy.id).findings} == {"head", "added"}


@pytest.mark.parametrize("change", [{"position": 8}, {"signature": "A" * 86}, {"kid": "nobody"}])
def test_a_checkpoint_that_was_touched_is_found(change: dict[str, Any], busy: Organization) -> None:
    audit.take(busy.id)

    AuditCheckpoint.objects.update(**change)

    assert [one.kind for one in audit.verify(busy.id).findings] == ["checkpoint"]


def test_of_a_hundred_faults_fifty_are_shown_and_all_are_counted(busy: Organization, system: Actor) -> None:
    with transaction.atomic():
        for _ in range(100):
            audit.record(system, "organization.renamed", busy)
    AuditEvent.objects.filter(verb="organization.renamed").update(verb="organization.seen")

    report = audit.verify(busy.id)

    assert (report.faults, len(report.findings)) == (100, 50)
    assert "  and 50 more" in report.lines()
