"""On and off: a toggle with compare-and-set, and a kill that nothing stops."""

from collections.abc import Callable

import pytest

from flags import documents, selectors, services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, OutboxEvent
from tenants.problems import Conflict


def test_fresh_boolean_flag_serves_on_when_it_is_turned_on(
    checkout: Flag, development: Environment, as_bob: Actor
) -> None:
    saved = services.toggle_flag(checkout, development, enabled=True, actor=as_bob, comment="go")

    entry = documents.manifest_flag(checkout, saved.thing)
    assert (entry["enabled"], entry["fallthrough"], entry["off"], entry["version"]) == (
        True,
        {"variant": "on"},
        "off",
        2,
    )
    assert saved.thing.updated_by_name == "Bob"
    assert AuditEvent.objects.get(verb="flag.toggled").comment == "go"
    assert OutboxEvent.objects.filter(topic="flag.toggled", environment=development).count() == 1


def test_toggling_to_what_it_is_writes_nothing(checkout: Flag, development: Environment, system: Actor) -> None:
    services.toggle_flag(checkout, development, enabled=True, actor=system)
    before = AuditEvent.objects.count()

    again = services.toggle_flag(checkout, development, enabled=True, actor=system)

    assert (again.changed, again.thing.version, AuditEvent.objects.count()) == (False, 2, before)


def test_rules_survive_off_and_on(checkout: Flag, development: Environment, system: Actor) -> None:
    rules = [{"id": "r1", "serve": {"variant": "off"}}]
    services.set_rules(checkout, development, rules, actor=system)

    services.toggle_flag(checkout, development, enabled=True, actor=system)
    saved = services.toggle_flag(checkout, development, enabled=False, actor=system)

    assert (saved.thing.rules, saved.thing.version) == (rules, 4)


def test_stale_toggle_is_a_conflict(checkout: Flag, development: Environment, as_bob: Actor, system: Actor) -> None:
    services.set_targets(checkout, development, [{"variant": "on", "values": ["u"]}], actor=as_bob)

    with pytest.raises(Conflict, match=r"You edited version 1; Bob saved version 2 at \d\d:\d\d\."):
        services.toggle_flag(checkout, development, enabled=True, version=1, actor=system)


def test_archived_flag_is_not_toggled(checkout: Flag, development: Environment, system: Actor) -> None:
    services.archive_flag(checkout, actor=system)

    with pytest.raises(Conflict, match="archived"):
        services.toggle_flag(checkout, development, enabled=True, actor=system)


def test_kill_turns_off_at_once(
    checkout: Flag, configured: Callable[..., FlagConfig], development: Environment, as_bob: Actor
) -> None:
    configured(checkout)

    saved = services.kill_flag(checkout, development, actor=as_bob, comment="checkout burns")

    assert (saved.changed, saved.thing.enabled, saved.thing.version) == (True, False, 3)
    assert AuditEvent.objects.get(verb="flag.killed").comment == "checkout burns"
    assert OutboxEvent.objects.filter(topic="flag.killed", environment=development).count() == 1


def test_kill_works_on_an_archived_flag(
    checkout: Flag, configured: Callable[..., FlagConfig], development: Environment, system: Actor
) -> None:
    configured(checkout)
    services.archive_flag(checkout, actor=system)

    services.kill_flag(checkout, development, actor=system)

    assert not selectors.state_of(checkout, development).enabled


def test_killing_what_is_off_writes_nothing(checkout: Flag, development: Environment, system: Actor) -> None:
    saved = services.kill_flag(checkout, development, actor=system)

    assert not saved.changed
    assert not FlagConfig.objects.exists()


def test_kill_in_one_environment_leaves_the_others_on(
    checkout: Flag,
    configured: Callable[..., FlagConfig],
    development: Environment,
    production: Environment,
    system: Actor,
) -> None:
    configured(checkout, development)
    configured(checkout, production)

    services.kill_flag(checkout, production, actor=system)

    assert selectors.state_of(checkout, development).enabled
    assert not selectors.state_of(checkout, production).enabled


def test_killed_is_told_from_off_until_it_is_on_again(
    checkout: Flag, development: Environment, configured: Callable[..., FlagConfig], system: Actor
) -> None:
    configured(checkout)

    killed = services.kill_flag(checkout, development, actor=system).thing
    edited = services.set_rules(checkout, development, [{"id": "r1", "serve": {"variant": "on"}}], actor=system).thing
    back = services.toggle_flag(checkout, development, enabled=True, actor=system).thing
    off = services.toggle_flag(checkout, development, enabled=False, actor=system).thing

    assert killed.killed_at is not None
    assert edited.killed_at == killed.killed_at
    assert (back.killed_at, off.killed_at) == (None, None)
