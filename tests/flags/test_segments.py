"""Segments: made, edited in all environments at once, nested, and never pulled from under a flag."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import documents, services
from flags.models import Flag, FlagConfig, Segment
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, OutboxEvent, Project
from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Invalid, TooMany
from tenants.services import delete_environment

MakeSegment = Callable[..., Segment]
PRO = {"attribute": "plan", "op": "in", "values": ["pro"]}


def uses(key: str) -> dict[str, Any]:
    return {"rules": [{"if": {"all": [{"not": {"segment": key}}]}, "serve": {"variant": "on"}}]}


def test_key_is_enough(shop: Project, system: Actor) -> None:
    segment = services.create_segment(shop, {"key": "staff"}, actor=system).thing

    assert documents.segment_document(segment) == {
        "key": "staff",
        "name": "staff",
        "included": [],
        "excluded": [],
        "rules": [],
        "version": 1,
    }


def test_numbers_become_the_keys_that_bucketing_uses(a_segment: MakeSegment) -> None:
    segment = a_segment("staff", included=[7, "8"], excluded=[9.0], rules=[PRO])

    assert (segment.included, segment.excluded, segment.rules) == (["7", "8"], ["9"], [PRO])


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"keys": "x"}, "keys", 'did you mean "key"?'),
        ({"key": "a b"}, "key", "is no key"),
        ({"name": ""}, "name", "must not be empty"),
        ({"included": "u1"}, "included", "not a list"),
        ({"included": [True]}, "included[0]", "not a targeting key"),
        ({"rules": [{"attribute": "a", "op": "nope", "values": []}]}, "rules[0].op", "nope"),
        ({"rules": [{"segment": "nobody"}]}, "rules[0].segment", 'no segment "nobody"'),
        ({"rules": [{"segment": "s"}]}, "rules[0].segment", 'no segment "s"'),
        ({"rules": [{"flag": "a", "variants": ["on"]}]}, "rules[0].flag", "only prerequisites"),
    ],
)
def test_refusal_has_a_path(shop: Project, system: Actor, body: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_segment(shop, {"key": "s"} | body, actor=system)

    (fault,) = refused.value.faults
    assert fault.path == path
    assert message in fault.message


def test_key_is_taken_whatever_the_case(a_segment: MakeSegment, shop: Project, system: Actor) -> None:
    a_segment("staff")

    with pytest.raises(Conflict, match="exists already"):
        services.create_segment(shop, {"key": "STAFF"}, actor=system)


def test_edit_is_told_in_every_environment(
    a_segment: MakeSegment, development: Environment, production: Environment, system: Actor
) -> None:
    segment = a_segment("staff")

    saved = services.edit_segment(segment, {"included": ["u1"]}, actor=system, comment="welcome")

    assert (saved.thing.version, saved.thing.history.latest().history_change_reason) == (2, "welcome")
    assert OutboxEvent.objects.filter(topic="segment.edited").count() == 2
    assert AuditEvent.objects.get(verb="segment.edited").after["included"] == ["u1"]


def test_edit_of_nothing_writes_nothing(a_segment: MakeSegment, system: Actor) -> None:
    segment = a_segment("staff", included=["u1"], rules=[PRO])
    before = AuditEvent.objects.count()

    saved = services.edit_segment(segment, {"key": "staff", "included": ["u1", "u1"], "rules": [PRO]}, actor=system)

    assert (saved.changed, saved.thing.version, AuditEvent.objects.count()) == (False, 1, before)


def test_segment_is_never_renamed(a_segment: MakeSegment, system: Actor) -> None:
    with pytest.raises(Invalid, match='the key stays "staff"'):
        services.edit_segment(a_segment("staff"), {"key": "crew"}, actor=system)


def test_put_creates_then_changes_nothing_then_empties_what_is_left_out(shop: Project, system: Actor) -> None:
    body = {"key": "staff", "name": "Staff", "included": ["u1"]}

    first = services.put_segment(shop, body, actor=system)
    again = services.put_segment(shop, body, actor=system)
    emptied = services.put_segment(shop, {"key": "staff"}, actor=system)

    assert (first.changed, again.changed, emptied.changed) == (True, False, True)
    assert (emptied.thing.included, emptied.thing.name) == ([], "Staff")


def test_stale_edit_is_a_conflict(a_segment: MakeSegment, as_bob: Actor, as_ada: Actor) -> None:
    segment = a_segment("staff")
    services.edit_segment(segment, {"name": "Bob's"}, version=1, actor=as_bob)

    with pytest.raises(Conflict, match="You edited version 1; Bob saved version 2"):
        services.edit_segment(segment, {"name": "Ada's"}, version=1, actor=as_ada)


def test_circle_of_segments_is_named(a_segment: MakeSegment, system: Actor) -> None:
    a = a_segment("a")
    a_segment("b", rules=[{"segment": "a"}])

    with pytest.raises(Invalid, match="rules: segments must not go in a circle: a → b → a"):
        services.edit_segment(a, {"rules": [{"any": [{"segment": "b"}]}]}, actor=system)


def test_segment_cannot_use_itself(a_segment: MakeSegment, system: Actor) -> None:
    with pytest.raises(Invalid, match="a → a"):
        services.edit_segment(a_segment("a"), {"rules": [{"segment": "a"}]}, actor=system)


def test_five_steps_stand_and_a_sixth_is_refused(a_segment: MakeSegment) -> None:
    a_segment("s0")
    for n in range(1, 6):
        a_segment(f"s{n}", rules=[{"segment": f"s{n - 1}"}])

    with pytest.raises(Invalid, match="segments go 6 steps deep: s6 → s5 → s4 → s3 → s2 → s1 → s0; at most 5"):
        a_segment("s6", rules=[{"segment": "s5"}])


def test_used_segment_cannot_be_deleted_and_its_users_are_named(
    a_segment: MakeSegment,
    a_flag: Callable[..., Flag],
    configured: Callable[..., FlagConfig],
    production: Environment,
    system: Actor,
) -> None:
    staff = a_segment("staff")
    a_segment("friends", rules=[{"segment": "staff"}])
    configured(a_flag("checkout"), production, **uses("staff"))
    configured(a_flag("banner"), prerequisites={"segment": "staff"})

    with pytest.raises(Conflict) as refused:
        services.delete_segment(staff, actor=system)

    assert "checkout (production)" in refused.value.detail
    assert "banner (development)" in refused.value.detail
    assert refused.value.detail.endswith("the segment friends.")


def test_attribute_value_that_only_looks_like_a_use_does_not_hold_a_segment(
    a_segment: MakeSegment, checkout: Flag, configured: Callable[..., FlagConfig], system: Actor
) -> None:
    staff, other = a_segment("staff"), a_segment("other")
    looks = {"all": [{"attribute": "segment", "op": "in", "values": ["staff"]}, {"segment": "other"}]}
    configured(checkout, rules=[{"if": looks, "serve": {"variant": "on"}}])

    services.delete_segment(staff, actor=system)

    assert list(Segment.objects.all()) == [other]


def test_deleted_segment_comes_back(a_segment: MakeSegment, shop: Project, system: Actor) -> None:
    staff = a_segment("staff", included=["u1"])
    services.delete_segment(staff, actor=system)
    with pytest.raises(Conflict, match="Undelete it"):
        services.create_segment(shop, {"key": "staff"}, actor=system)

    back = services.undelete_segment(staff, actor=system)

    assert back.changed
    assert Segment.objects.get().included == ["u1"]


def test_segment_whose_own_segment_is_gone_cannot_come_back(a_segment: MakeSegment, system: Actor) -> None:
    staff = a_segment("staff")
    friends = a_segment("friends", rules=[{"segment": "staff"}])
    services.delete_segment(friends, actor=system)
    services.delete_segment(staff, actor=system)

    with pytest.raises(Conflict, match=r'friends cannot come back: rules.*no segment "staff"'):
        services.undelete_segment(friends, actor=system)


def test_flag_that_comes_back_needs_its_segments(
    a_segment: MakeSegment, checkout: Flag, configured: Callable[..., FlagConfig], system: Actor
) -> None:
    staff = a_segment("staff")
    configured(checkout, **uses("staff"))
    services.delete_flag(checkout, actor=system)
    services.delete_segment(staff, actor=system)

    with pytest.raises(Conflict, match=r'checkout cannot come back: in development, rules.*no segment "staff"'):
        services.undelete_flag(checkout, actor=system)


def test_organization_can_have_a_limit_of_its_own(
    a_segment: MakeSegment, acme: Organization, shop: Project, system: Actor
) -> None:
    a_segment("one")
    Organization.objects.filter(pk=acme.pk).update(limits={"segments_per_project": 1})

    with pytest.raises(TooMany, match="Shop has 1 segments"):
        services.create_segment(shop, {"key": "two"}, actor=system)


def test_member_cannot_edit_what_the_protected_environment_uses(
    a_segment: MakeSegment,
    checkout: Flag,
    configured: Callable[..., FlagConfig],
    production: Environment,
    as_bob: Actor,
    as_ada: Actor,
) -> None:
    staff = a_segment("staff")
    a_segment("friends", rules=[{"segment": "staff"}])
    a_segment("neighbours", rules=[{"segment": "friends"}])
    services.edit_segment(staff, {"included": ["u1"]}, actor=as_bob)
    configured(checkout, production, **uses("neighbours"))

    with pytest.raises(NotAllowed, match="checkout in production"):
        services.edit_segment(staff, {"included": ["u2"]}, actor=as_bob)
    services.edit_segment(staff, {"name": "Staff"}, actor=as_bob)
    saved = services.edit_segment(staff, {"included": ["u2"]}, actor=as_ada)

    assert saved.thing.included == ["u2"]


def test_state_in_a_deleted_environment_holds_nothing(
    a_segment: MakeSegment,
    checkout: Flag,
    configured: Callable[..., FlagConfig],
    development: Environment,
    system: Actor,
) -> None:
    staff = a_segment("staff")
    configured(checkout, development, **uses("staff"))
    delete_environment(development, actor=system)

    services.delete_segment(staff, actor=system)

    assert not Segment.objects.exists()
