"""A state taken from another environment or from the past, checked against what there is today."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import documents, selectors, services
from flags.models import Flag, FlagConfig, Segment
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment
from tenants.problems import Conflict, Invalid

Configured = Callable[..., FlagConfig]


def a_split(on: float) -> dict[str, Any]:
    return {"split": {"weights": {"on": on, "off": 100 - on}}}


def state(flag: Flag, environment: Environment) -> dict[str, Any]:
    return documents.config_body(selectors.state_of(flag, environment))


def test_copy_makes_the_target_what_the_source_is(
    checkout: Flag, configured: Configured, development: Environment, production: Environment, system: Actor
) -> None:
    rules = [{"id": "r1", "serve": {"split": {"weights": {"on": 20, "null": 80}}}}]
    configured(checkout, development, rules=rules, targets=[{"variant": "on", "values": ["u"]}])

    saved = services.copy_config(checkout, development, production, actor=system)

    assert state(checkout, production) == state(checkout, development)
    assert saved.thing.rules == selectors.state_of(checkout, development).rules
    assert AuditEvent.objects.filter(verb="flag.configured").latest("position").comment == "copied from development"


def test_copy_of_the_same_changes_nothing(
    checkout: Flag, configured: Configured, development: Environment, production: Environment, system: Actor
) -> None:
    configured(checkout, development, fallthrough=a_split(10))
    services.copy_config(checkout, development, production, actor=system)

    again = services.copy_config(checkout, development, production, actor=system)

    assert not again.changed


def test_copy_moves_the_fewest_of_the_targets_people(
    checkout: Flag, configured: Configured, development: Environment, production: Environment, system: Actor
) -> None:
    configured(checkout, development, fallthrough=a_split(20))
    upper = {"split": {"ranges": [["off", 0, 90000], ["on", 90000, 100000]]}}
    configured(checkout, production, fallthrough=upper)

    saved = services.copy_config(checkout, development, production, actor=system)

    ranges = [["off", 0, 80000], ["on", 80000, 100000]]
    assert saved.thing.fallthrough == {"split": {"weights": {"on": 20, "off": 80}, "ranges": ranges}}


def test_copy_checks_the_targets_chains(
    a_flag: Callable[..., Flag],
    configured: Configured,
    development: Environment,
    production: Environment,
    system: Actor,
) -> None:
    a, b = a_flag("a"), a_flag("b")
    configured(a, development, prerequisites={"flag": "b", "variants": ["on"]})
    configured(b, production, prerequisites={"flag": "a", "variants": ["on"]})

    with pytest.raises(Invalid, match="a → b → a"):
        services.copy_config(a, development, production, actor=system)


def test_copy_compares_the_version_of_the_target(
    checkout: Flag, configured: Configured, development: Environment, production: Environment, system: Actor
) -> None:
    configured(checkout, development)
    configured(checkout, production, off=None)

    with pytest.raises(Conflict, match="You edited version 1"):
        services.copy_config(checkout, development, production, version=1, actor=system)


def test_roll_back_saves_an_earlier_version_as_a_new_one(
    checkout: Flag, configured: Configured, development: Environment, system: Actor
) -> None:
    configured(checkout, fallthrough=a_split(10))
    services.kill_flag(checkout, development, actor=system)

    saved = services.roll_back_config(checkout, development, to_version=2, actor=system)

    assert (saved.thing.version, saved.thing.enabled) == (4, True)
    event = AuditEvent.objects.get(verb="flag.rolled_back")
    assert event.comment == "rolled back to version 2"


def test_roll_back_brings_the_same_people_back(
    checkout: Flag, configured: Configured, development: Environment, system: Actor
) -> None:
    configured(checkout, fallthrough={"split": {"ranges": [["off", 0, 90000], ["on", 90000, 100000]]}})
    then = configured(checkout, fallthrough=a_split(20)).fallthrough
    configured(checkout, fallthrough={"split": {"ranges": [["on", 0, 50000], ["off", 50000, 100000]]}})

    saved = services.roll_back_config(checkout, development, to_version=3, actor=system)

    ranges = [["off", 0, 80000], ["on", 80000, 100000]]
    assert saved.thing.fallthrough == then == {"split": {"weights": {"on": 20, "off": 80}, "ranges": ranges}}


def test_default_state_can_be_rolled_back_to(
    checkout: Flag, configured: Configured, development: Environment, system: Actor
) -> None:
    configured(checkout, fallthrough=a_split(10))

    saved = services.roll_back_config(checkout, development, to_version=1, actor=system)

    assert documents.config_body(saved.thing) == documents.default_state(checkout)


def test_version_that_never_was_is_refused(
    checkout: Flag, configured: Configured, development: Environment, system: Actor
) -> None:
    configured(checkout)

    with pytest.raises(Invalid, match="to_version: there is no version 9; the newest is 2"):
        services.roll_back_config(checkout, development, to_version=9, actor=system)


def test_roll_back_where_nobody_was_changes_nothing(checkout: Flag, development: Environment, system: Actor) -> None:
    saved = services.roll_back_config(checkout, development, to_version=1, actor=system)

    assert not saved.changed


def test_past_that_names_a_variant_of_the_past_is_refused(
    a_flag: Callable[..., Flag], configured: Configured, development: Environment, system: Actor
) -> None:
    banner = a_flag("banner", type="string", variants={"a": "A", "b": "B"})
    configured(banner, fallthrough={"variant": "b"})
    configured(banner, fallthrough={"variant": "a"})
    services.edit_flag(banner, {"variants": {"a": "A"}}, actor=system)

    with pytest.raises(Invalid, match=r'fallthrough\.variant: there is no variant "b"'):
        services.roll_back_config(banner, development, to_version=2, actor=system)


def test_past_that_names_a_deleted_segment_is_refused(
    checkout: Flag, configured: Configured, a_segment: Callable[..., Segment], development: Environment, system: Actor
) -> None:
    staff = a_segment("staff")
    configured(checkout, rules=[{"if": {"segment": "staff"}, "serve": {"variant": "on"}}])
    configured(checkout)
    services.delete_segment(staff, actor=system)

    with pytest.raises(Invalid, match=r'rules\[0\]\.if\.segment: there is no segment "staff"'):
        services.roll_back_config(checkout, development, to_version=2, actor=system)


def test_only_the_chosen_parts_are_promoted(
    checkout: Flag, configured: Configured, development: Environment, production: Environment, system: Actor
) -> None:
    configured(checkout, development, rules=[{"id": "r1", "serve": a_split(20)}], off=None)
    configured(checkout, production, enabled=False)

    saved = services.copy_config(checkout, development, production, only=["rule r1"], actor=system)

    assert saved.thing.rules == selectors.state_of(checkout, development).rules
    assert (saved.thing.enabled, saved.thing.off_variant) == (False, "off")
    assert AuditEvent.objects.filter(verb="flag.configured").latest("position").comment == "promoted from development"


def test_a_part_that_neither_has_is_refused(
    checkout: Flag, development: Environment, production: Environment, system: Actor
) -> None:
    with pytest.raises(Invalid, match='there is no part "rule r9"'):
        services.copy_config(checkout, development, production, only=["rule r9"], actor=system)


def test_what_was_looked_at_in_the_source_is_what_is_promoted(
    checkout: Flag, configured: Configured, development: Environment, production: Environment, system: Actor
) -> None:
    looked_at = configured(checkout, development, off=None).version
    configured(checkout, development, off="on")

    with pytest.raises(Conflict, match=f"You edited version {looked_at}"):
        services.copy_config(checkout, development, production, source_version=looked_at, actor=system)


def test_a_promotion_that_is_asked_about_is_the_one_that_is_saved(
    checkout: Flag, configured: Configured, development: Environment, production: Environment, system: Actor
) -> None:
    upper = {"split": {"ranges": [["off", 0, 90000], ["on", 90000, 100000]]}}
    configured(checkout, development, fallthrough=upper)
    services.set_rollout(checkout, development, {"on": 20, "off": 80}, actor=system)
    origin, config = (selectors.state_of(checkout, each) for each in (development, production))

    asked = services.check_config(config, documents.config_body(origin), origin=origin)
    saved = services.copy_config(checkout, development, production, only=["fallthrough"], actor=system)

    assert saved.thing.fallthrough == asked.fields["fallthrough"]
    assert saved.thing.fallthrough["split"]["ranges"][0] == ["off", 0, 80000]
