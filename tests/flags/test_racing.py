"""Writers at the same moment: nothing lost, nothing half-written, and for one config exactly one winner."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection

from flags import selectors, services
from flags.models import Flag, FlagConfig
from tenants import audit
from tenants.actors import Actor
from tenants.models import Environment, Organization, OutboxEvent, Project, User
from tenants.problems import Conflict, Invalid
from tests.conftest import Browser

pytestmark = pytest.mark.django_db(transaction=True)
AtOnce = Callable[..., list[Any]]


def kinds(outcomes: Sequence[Any]) -> list[str]:
    return sorted(type(outcome).__name__ for outcome in outcomes)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time, whoever comes")
def test_of_fifty_who_save_one_config_by_the_api_exactly_one_wins(
    checkout: Flag, configured: Callable[..., FlagConfig], ada: User, browser: Browser, at_once: AtOnce
) -> None:
    configured(checkout)
    address = "/api/v1/organizations/acme/projects/shop/flags/checkout/environments/development"

    browser(ada).get(address)  # the first request imports the map of addresses

    def save(number: int) -> Callable[[], int]:
        client = browser(ada)
        body = {"enabled": True, "off": None, "rules": [{"id": f"r{number}", "serve": {"variant": "on"}}]}

        def put() -> int:
            answer = client.put(address, body, "application/json", headers={"If-Match": '"2"'})
            return int(answer.status_code)

        return put

    statuses = at_once(*(save(number) for number in range(50)))

    assert sorted(statuses) == [200, *[409] * 49]
    assert FlagConfig.objects.get(flag=checkout, environment__key="development").version == 3
    assert FlagConfig.history.filter(version__gte=3).count() == 1


def test_two_people_saving_one_config_exactly_one_wins(
    checkout: Flag,
    configured: Callable[..., FlagConfig],
    development: Environment,
    as_bob: Actor,
    as_ada: Actor,
    at_once: AtOnce,
) -> None:
    configured(checkout)
    bobs = {"enabled": True, "off": None}
    adas = {"enabled": True, "off": "on"}

    outcomes = at_once(
        lambda: services.put_config(checkout, development, bobs, version=2, actor=as_bob),
        lambda: services.put_config(checkout, development, adas, version=2, actor=as_ada),
    )

    assert kinds(outcomes) == ["Saved", "VersionConflict"]
    state = selectors.state_of(checkout, development)
    assert (state.version, FlagConfig.history.filter(version=3).count()) == (3, 1)
    (conflict,) = (outcome for outcome in outcomes if isinstance(outcome, Conflict))
    assert f"{state.updated_by_name} saved version 3" in conflict.detail


def test_two_first_savers_make_one_row(
    checkout: Flag, development: Environment, system: Actor, at_once: AtOnce
) -> None:
    outcomes = at_once(
        lambda: services.put_config(checkout, development, {"enabled": True}, version=1, actor=system),
        lambda: services.toggle_flag(checkout, development, enabled=True, version=1, actor=system),
    )

    assert kinds(outcomes) == ["Saved", "VersionConflict"]
    assert FlagConfig.objects.get().version == 2


def test_two_creators_of_one_key(shop: Project, system: Actor, at_once: AtOnce) -> None:
    outcomes = at_once(
        lambda: services.create_flag(shop, {"key": "checkout"}, actor=system),
        lambda: services.create_flag(shop, {"key": "Checkout"}, actor=system),
    )

    assert kinds(outcomes) == ["Conflict", "Saved"]
    assert Flag.objects.count() == 1


def test_two_halves_of_a_circle(
    a_flag: Callable[..., Flag], development: Environment, system: Actor, at_once: AtOnce
) -> None:
    a, b = a_flag("a"), a_flag("b")

    outcomes = at_once(
        lambda: services.set_prerequisites(a, development, {"flag": "b", "variants": ["on"]}, actor=system),
        lambda: services.set_prerequisites(b, development, {"flag": "a", "variants": ["on"]}, actor=system),
    )

    assert kinds(outcomes) == ["Invalid", "Saved"]
    (refused,) = (outcome for outcome in outcomes if isinstance(outcome, Invalid))
    assert "must not go in a circle" in refused.faults[0].message


def test_archiving_a_flag_while_another_begins_to_need_it(
    a_flag: Callable[..., Flag], development: Environment, system: Actor, at_once: AtOnce
) -> None:
    parent, child = a_flag("parent"), a_flag("child")

    outcomes = at_once(
        lambda: services.archive_flag(parent, actor=system),
        lambda: services.set_prerequisites(child, development, {"flag": "parent", "variants": ["on"]}, actor=system),
    )

    assert kinds(outcomes) in (["Conflict", "Saved"], ["Invalid", "Saved"])


def test_variant_goes_while_another_state_begins_to_serve_it(
    a_flag: Callable[..., Flag], development: Environment, system: Actor, at_once: AtOnce
) -> None:
    banner = a_flag("banner", type="string", variants={"a": "A", "b": "B"})

    outcomes = at_once(
        lambda: services.edit_flag(banner, {"variants": {"a": "A"}}, actor=system),
        lambda: services.put_config(banner, development, {"fallthrough": {"variant": "b"}}, actor=system),
    )

    assert kinds(outcomes) == ["Invalid", "Saved"]


def test_kill_comes_through_while_rules_are_saved(
    checkout: Flag, configured: Callable[..., FlagConfig], development: Environment, system: Actor, at_once: AtOnce
) -> None:
    configured(checkout)
    rules = [{"serve": {"variant": "off"}}]

    outcomes = at_once(
        lambda: services.set_rules(checkout, development, rules, actor=system),
        lambda: services.kill_flag(checkout, development, actor=system),
    )

    state = selectors.state_of(checkout, development)
    assert kinds(outcomes) == ["Saved", "Saved"]
    assert (state.enabled, len(state.rules), state.version) == (False, 1, 4)


def test_eight_writers_of_different_configs_lose_nothing(
    a_flag: Callable[..., Flag], acme: Organization, development: Environment, system: Actor, at_once: AtOnce
) -> None:
    flags = [a_flag(f"flag-{n}") for n in range(8)]
    OutboxEvent.objects.all().delete()

    def writer(flag: Flag) -> Callable[[], None]:
        def write() -> None:
            for n in range(5):
                services.set_targets(flag, development, [{"variant": "on", "values": [f"u{n}"]}], actor=system)

        return write

    outcomes = at_once(*(writer(flag) for flag in flags))

    assert outcomes == [None] * 8
    assert set(FlagConfig.objects.values_list("version", flat=True)) == {6}
    assert OutboxEvent.objects.count() == 40
    assert audit.verify(acme.pk).is_intact
