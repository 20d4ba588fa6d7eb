"""Flags, segments, projects and environments as they were in an earlier version, saved as a new one."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import documents, services
from flags.models import Flag, FlagConfig, Segment
from tenants import audit
from tenants import services as tenants_services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, OutboxEvent, Project, User
from tenants.past import MOST_SHOWN, entries_of, find_version
from tenants.permissions import NotAllowed, grant
from tenants.problems import Conflict, Invalid, VersionConflict
from tenants.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def edited(a_flag: Callable[..., Flag], system: Actor, alice: User) -> Flag:
    """A flag whose second version is another one in everything."""
    flag = a_flag("checkout", name="Till", tags=["a"], owner=alice.email, metadata={"team": "pay"})
    changes: dict[str, Any] = {
        "name": "Checkout",
        "tags": ["b"],
        "owner": None,
        "metadata": {},
        "salt": "other",
        "client_visible": False,
    }
    return services.edit_flag(flag, changes, actor=system).thing


def test_a_flag_is_what_it_was(edited: Flag, system: Actor) -> None:
    first = documents.written_members(find_version(edited, 1))

    saved = services.roll_back_flag(edited, to_version=1, actor=system)

    assert documents.written_members(saved.thing) == first
    assert saved.thing.version == 3
    event = AuditEvent.objects.get(verb="flag.rolled_back")
    assert (event.comment, event.before["name"], event.after["name"]) == (
        "rolled back to version 1",
        "Checkout",
        "Till",
    )
    assert audit.verify(event.chain).is_intact


def test_the_world_hears_of_it(edited: Flag, development: Environment, system: Actor) -> None:
    OutboxEvent.objects.all().delete()

    services.roll_back_flag(edited, to_version=1, actor=system)

    assert [event.topic for event in OutboxEvent.objects.all()] == ["flag.rolled_back"]


def test_one_may_roll_forward_again(edited: Flag, system: Actor) -> None:
    services.roll_back_flag(edited, to_version=1, actor=system)

    assert services.roll_back_flag(edited, to_version=2, actor=system).thing.name == "Checkout"


def test_an_owner_who_left_does_not_come_back(edited: Flag, bob: User, system: Actor) -> None:
    services.edit_flag(edited, {"owner": bob.email}, actor=system)
    services.edit_flag(edited, {"owner": None}, actor=system)
    tenants_services.remove_member(edited.organization, user=bob, actor=system)

    saved = services.roll_back_flag(edited, to_version=3, actor=system)

    assert (saved.changed, saved.thing.owner) == (False, None)


def test_a_variant_that_is_served_today_stays(
    a_flag: Callable[..., Flag], configured: Callable[..., FlagConfig], system: Actor
) -> None:
    flag = a_flag("banner", type="string", variants={"a": "A"})
    services.edit_flag(flag, {"variants": {"a": "A", "b": "B"}}, actor=system)
    configured(flag, fallthrough={"variant": "b"})

    with pytest.raises((Conflict, Invalid), match="b"):
        services.roll_back_flag(flag, to_version=1, actor=system)


def test_whoever_saw_an_older_version_is_told_so(edited: Flag, system: Actor) -> None:
    with pytest.raises(VersionConflict):
        services.roll_back_flag(edited, to_version=1, version=1, actor=system)


def test_it_takes_the_right_in_each_environment_that_uses_it(
    edited: Flag, configured: Callable[..., FlagConfig], production: Environment, bob: User, acting: Any
) -> None:
    configured(edited, production)

    with pytest.raises(NotAllowed, match="checkout in production"):
        services.roll_back_flag(edited, to_version=1, actor=acting(bob))
    grant(bob, Role.MEMBER, production)
    assert services.roll_back_flag(edited, to_version=1, actor=acting(bob)).changed


def test_a_segment_is_what_it_was(a_segment: Callable[..., Segment], system: Actor) -> None:
    staff = a_segment("staff", name="Staff", included=["u1"])
    services.edit_segment(staff, {"name": "People", "included": ["u2"], "excluded": ["u3"]}, actor=system)

    saved = services.roll_back_segment(staff, to_version=1, actor=system)

    assert documents.segment_document(saved.thing) == {
        "key": "staff",
        "name": "Staff",
        "included": ["u1"],
        "excluded": [],
        "rules": [],
        "version": 3,
    }
    assert AuditEvent.objects.get(verb="segment.rolled_back").comment == "rolled back to version 1"
    assert not services.roll_back_segment(staff, to_version=3, actor=system).changed


def test_a_project_is_what_it_was(shop: Project, system: Actor) -> None:
    tenants_services.edit_project(shop, name="Store", actor=system)
    services.set_prerequisite_depth(shop, 3, actor=system)

    saved = services.roll_back_project(shop, to_version=1, actor=system)

    assert (saved.thing.name, saved.thing.max_prerequisite_depth) == ("Shop", 1)
    event = AuditEvent.objects.get(verb="project.rolled_back")
    assert event.before == {"name": "Store", "max_prerequisite_depth": 3}


def test_an_environment_is_what_it_was(production: Environment, system: Actor) -> None:
    tenants_services.edit_environment(production, name="Live", is_protected=False, position=5, actor=system)

    saved = services.roll_back_environment(production, to_version=1, actor=system)

    assert (saved.thing.name, saved.thing.is_protected, saved.thing.position) == ("Production", True, 5)
    assert AuditEvent.objects.get(verb="environment.rolled_back").after == {"name": "Production", "is_protected": True}


def test_nobody_rolls_a_protection_away_who_could_not_take_it_away(
    development: Environment, shop: Project, charlie: User, system: Actor, acting: Any
) -> None:
    role = tenants_services.create_role(
        shop.organization, key="namer", name="Namer", verbs=["environment.edit"], actor=system
    )
    tenants_services.add_member(shop.organization, user=charlie, role=role, actor=system)
    tenants_services.edit_environment(development, is_protected=True, actor=system)

    with pytest.raises(NotAllowed):
        services.roll_back_environment(development, to_version=1, actor=acting(charlie))


@pytest.mark.parametrize("version", [0, -1, 7])
def test_there_must_be_such_a_version(version: int, edited: Flag, shop: Project, system: Actor) -> None:
    with pytest.raises(Invalid, match="the newest is 2"):
        services.roll_back_flag(edited, to_version=version, actor=system)
    with pytest.raises(Invalid, match="the newest is 1"):
        services.roll_back_project(shop, to_version=version, actor=system)


def test_a_viewer_rolls_nothing_back(
    edited: Flag, a_segment: Callable[..., Segment], shop: Project, production: Environment, as_vera: Actor
) -> None:
    for roll_back in (
        lambda: services.roll_back_flag(edited, to_version=1, actor=as_vera),
        lambda: services.roll_back_segment(a_segment(), to_version=1, actor=as_vera),
        lambda: services.roll_back_project(shop, to_version=1, actor=as_vera),
        lambda: services.roll_back_environment(production, to_version=1, actor=as_vera),
    ):
        with pytest.raises(NotAllowed):
            roll_back()


def test_saves_are_counted_also_beyond_those_that_are_shown(shop: Project, system: Actor) -> None:
    for number in range(MOST_SHOWN + 3):
        tenants_services.edit_project(shop, name=f"Shop {number}", actor=system)

    entries = entries_of(shop)

    assert [entry.version for entry in entries] == list(range(MOST_SHOWN + 4, 4, -1))
    assert find_version(shop, 5).name == "Shop 3"
