"""Stale flags of a real project: from told evaluations and saved states to findings, and what stands in the way."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.stale.findings import Finding, find_all, look_at, seen_by
from flags import services
from tenants.actors import Actor
from tenants.models import Environment, Project
from tests.analytics.stale.conftest import OldFlag, Told

pytestmark = pytest.mark.django_db


def found_in(project: Project) -> dict[str, list[str]]:
    return {each.flag.key: [one.kind for one in each.evidence] for each in find_all(project, now=timezone.now())}


def test_a_flag_that_nobody_asks_for(
    shop: Project, development: Environment, production: Environment, told: Told, old_flag: OldFlag
) -> None:
    old_flag("checkout", production, enabled=True, rules=[{"id": "r", "serve": {"variant": "off"}}])
    told(production)

    (finding,) = find_all(shop, now=timezone.now())

    assert finding.flag.key == "checkout"
    assert [(each.kind, each.silent) for each in finding.evidence] == [("unused", ("development",)), ("expired", ())]
    assert (finding.sure, finding.word) == (70, "Very likely")


def test_what_is_served_to_everybody(shop: Project, production: Environment, told: Told, old_flag: OldFlag) -> None:
    old_flag("plain", production, enabled=True)
    old_flag("whole", production, enabled=True, fallthrough={"split": {"weights": {"on": 100, "off": 0}}})
    old_flag("half", production, enabled=True, fallthrough={"split": {"weights": {"on": 50, "off": 50}}})
    old_flag("ruled", production, enabled=True, rules=[{"id": "r", "serve": {"variant": "off"}}])
    old_flag("targeted", production, enabled=True, targets=[{"variant": "off", "values": ["u"]}])
    old_flag("off", production, enabled=False)
    old_flag("untouched")

    settled = {key for key, kinds in found_in(shop).items() if "settled" in kinds}

    assert settled == {"plain", "whole", "off", "untouched"}


def test_the_surest_come_first(shop: Project, production: Environment, told: Told, old_flag: OldFlag) -> None:
    old_flag("asked", production, enabled=True)
    old_flag("unused", production, enabled=True)
    old_flag("young", production, age=3, enabled=True)
    told(production, "asked")

    found = find_all(shop, now=timezone.now())

    assert [(each.flag.key, each.sure) for each in found] == [("unused", 100), ("asked", 90)]


def test_kept_and_archived_flags_are_not_stale(
    shop: Project, production: Environment, old_flag: OldFlag, system: Actor
) -> None:
    kept, archived = old_flag("kept"), old_flag("archived")
    services.keep_flag(kept, reason="The law asks for it", actor=system)
    services.archive_flag(archived, actor=system)

    assert found_in(shop) == {}

    services.stop_keeping_flag(kept, actor=system)
    assert list(found_in(shop)) == ["kept"]


def test_what_stands_in_the_way_and_what_would_change(
    shop: Project, production: Environment, told: Told, old_flag: OldFlag, system: Actor
) -> None:
    parent = old_flag("parent", production, enabled=True)
    old_flag("child", production, prerequisites={"flag": "parent", "variants": ["on"]})
    services.create_trigger(parent, production, name="Deploy", action="on", actor=system)
    told(production, "parent", n=7)

    (finding,) = look_at(shop, [parent], now=timezone.now())

    assert [(each.flag.key, each.environment.key) for each in finding.needed_by] == [("child", "production")]
    assert [(each.environment, each.evaluations, each.variants) for each in finding.changes] == [
        ("production", 49, {"on": 49})
    ]
    assert finding.triggers == 1


def test_an_archived_child_needs_nothing(
    shop: Project, production: Environment, old_flag: OldFlag, system: Actor
) -> None:
    parent = old_flag("parent", production)
    child = old_flag("child", production, prerequisites={"flag": "parent", "variants": ["on"]})
    services.archive_flag(child, actor=system)

    assert look_at(shop, [parent], now=timezone.now())[0].needed_by == []


def test_what_one_may_not_see_is_not_told(
    shop: Project, development: Environment, production: Environment, told: Told, old_flag: OldFlag
) -> None:
    parent = old_flag("parent", production, enabled=True)
    old_flag("child", production, prerequisites={"flag": "parent", "variants": ["on"]})
    told(production, "parent")
    (whole,) = look_at(shop, [parent], now=timezone.now())

    cut: Finding = seen_by(whole, {"development"})

    assert (cut.needed_by, cut.changes) == ([], [])
    assert {witness.environment for each in cut.evidence for witness in each.witnesses} <= {"development"}
    assert cut.sure == whole.sure


def test_queries_do_not_grow_with_the_flags(
    shop: Project, production: Environment, told: Told, old_flag: OldFlag
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            find_all(shop, now=timezone.now())
        return len(captured)

    old_flag("one", production)
    told(production, days=range(3))
    few = asked()
    for number in range(5):
        old_flag(f"more-{number}", production)
    told(production, days=range(5, 9))

    assert asked() == few == 6


def test_thresholds_of_the_project(shop: Project, production: Environment, old_flag: OldFlag, system: Actor) -> None:
    old_flag("checkout", production, age=12)
    assert found_in(shop) == {}

    shop = services.set_stale_after(shop, {"settled": 10, "release": 0}, actor=system).thing
    assert found_in(shop) == {}, "a kind without an end is never stale for that"

    shop = services.set_stale_after(shop, {"settled": 10}, actor=system).thing
    assert found_in(shop) == {"checkout": ["settled"]}


def test_a_change_begins_the_days_anew(
    shop: Project, production: Environment, old_flag: OldFlag, system: Actor
) -> None:
    flag = old_flag("checkout", production, enabled=True)
    assert found_in(shop) == {"checkout": ["settled", "expired"]}

    services.toggle_flag(flag, production, enabled=False, actor=system)

    assert found_in(shop) == {"checkout": ["expired"]}
    assert timezone.now() - flag.created_at > timedelta(days=99)


def test_telemetry_is_read_anew_every_five_minutes_alone(
    shop: Project, production: Environment, told: Told, old_flag: OldFlag
) -> None:
    old_flag("checkout", production, enabled=True)
    told(production)

    def asked() -> tuple[int, list[tuple[str, tuple[str, ...]]]]:
        with CaptureQueriesContext(connection) as captured:
            (finding,) = find_all(shop, now=timezone.now())
        return len(captured), [(each.says, each.silent) for each in finding.evidence]

    first, again = asked(), asked()

    assert (first[0], again[0]) == (6, 5)
    assert first[1] == again[1]
