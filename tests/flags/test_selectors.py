"""What there is, for whom, and in how many queries."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.utils import timezone

from flags import documents, selectors, services
from flags.models import Flag, FlagConfig, Segment
from tenants.actors import Actor
from tenants.models import Environment, Project

Queries = Callable[[int], AbstractContextManager[Any]]


@pytest.fixture
def keys_in(development: Environment) -> Callable[[], Iterator[str]]:
    return lambda: (flag.key for flag, _ in selectors.flag_states(development))


def test_what_a_manifest_is_made_of_takes_three_queries_however_many_flags(
    a_flag: Callable[..., Flag],
    a_segment: Callable[..., Segment],
    configured: Callable[..., FlagConfig],
    development: Environment,
    django_assert_num_queries: Queries,
) -> None:
    for n in range(12):
        configured(a_flag(f"f{n:02}"), fallthrough={"split": {"weights": {"on": n, "off": 100 - n}}})
    a_flag("untouched")
    a_segment("staff")
    environment = Environment.objects.select_related("project", "organization").get(pk=development.pk)

    with django_assert_num_queries(3):
        flags, segments = selectors.flag_states(environment), selectors.manifest_segments(environment)
        entries = [documents.manifest_flag(flag, config) for flag, config in flags]
        entries += [documents.manifest_segment(segment) for segment in segments]

    assert [flag.key for flag, _ in flags] == [*(f"f{n:02}" for n in range(12)), "untouched"]
    assert flags[-1][1] is None
    assert len(entries) == 14


def test_manifest_entry_is_exactly_what_evaluators_read(
    a_flag: Callable[..., Flag], configured: Callable[..., FlagConfig], development: Environment
) -> None:
    flag = a_flag("price", type="double", variants={"a": 10, "b": 1.5}, metadata={"team": "shop"}, salt="s")
    india = {"attribute": "country", "op": "in", "values": ["IN"]}
    configured(
        flag,
        off="a",
        targets=[{"variant": "b", "values": ["u1"]}],
        rules=[{"name": "India", "if": india, "serve": {"split": {"by": "team", "weights": {"a": 1, "b": 99}}}}],
        fallthrough={"variant": "a"},
    )

    ((row, config),) = selectors.flag_states(development)
    entry = documents.manifest_flag(row, config)

    ranges = [["a", 0, 1000], ["b", 1000, 100000]]
    assert entry == {
        "type": "double",
        "variants": {"a": 10.0, "b": 1.5},
        "salt": "s",
        "bucketing": 1,
        "client_visible": True,
        "metadata": {"team": "shop"},
        "version": 2,
        "enabled": True,
        "off": "a",
        "prerequisites": None,
        "targets": [{"variant": "b", "values": ["u1"]}],
        "rules": [{"id": "r1", "if": india, "serve": {"split": {"by": "team", "salt": "s", "ranges": ranges}}}],
        "fallthrough": {"variant": "a"},
    }


def test_untouched_flag_has_the_default_entry(checkout: Flag) -> None:
    entry = documents.manifest_flag(checkout, None)

    assert (entry["enabled"], entry["off"], entry["fallthrough"], entry["version"]) == (
        False,
        "off",
        {"variant": "on"},
        1,
    )


def test_segment_entry_is_exactly_what_evaluators_read(a_segment: Callable[..., Segment]) -> None:
    entry = documents.manifest_segment(a_segment("staff", included=["u1"], name="Staff"))

    assert entry == {"included": ["u1"], "excluded": [], "rules": [], "version": 1}


def test_archived_and_deleted_flags_are_not_served(
    a_flag: Callable[..., Flag], keys_in: Callable[[], Iterator[str]], system: Actor
) -> None:
    a_flag("kept")
    services.archive_flag(a_flag("archived"), actor=system)
    services.delete_flag(a_flag("deleted"), actor=system)

    assert list(keys_in()) == ["kept"]


@pytest.mark.parametrize("around", ["project", "organization"])
def test_what_lies_in_something_deleted_serves_nothing(around: str, checkout: Flag, development: Environment) -> None:
    holder = getattr(development, around)
    type(holder).objects.filter(pk=holder.pk).update(deleted_at=timezone.now())
    environment = Environment.with_deleted.get(pk=development.pk)

    assert selectors.flag_states(environment) == []
    assert selectors.flag_stamps(environment) == {}
    assert selectors.manifest_segments(environment) == []
    assert selectors.segment_stamps(environment) == {}


def test_deleted_environment_serves_nothing(checkout: Flag, development: Environment) -> None:
    development.deleted_at = timezone.now()

    assert selectors.flag_states(development) == []
    assert selectors.manifest_segments(development) == []


def test_states_of_a_project_take_two_queries(
    a_flag: Callable[..., Flag],
    configured: Callable[..., FlagConfig],
    shop: Project,
    development: Environment,
    django_assert_num_queries: Queries,
) -> None:
    configured(a_flag("b"))
    a_flag("a")

    with django_assert_num_queries(2):
        states = selectors.states_of(shop, development)
        told = [(state.flag.key, state.enabled, str(state)) for state in states]

    assert told == [("a", False, "a in development"), ("b", True, "b in development")]


def test_flags_are_found_by_key_name_and_description(
    a_flag: Callable[..., Flag], shop: Project, as_vera: Actor, system: Actor
) -> None:
    a_flag("checkout")
    a_flag("banner", name="Check this")
    a_flag("theme", description="a CHECKered one")
    a_flag("other")
    services.archive_flag(a_flag("check-old"), actor=system)

    found = selectors.flags_of(shop, as_vera, search="check")
    archived = selectors.flags_of(shop, as_vera, archived=True)

    assert [flag.key for flag in found] == ["banner", "checkout", "theme"]
    assert [flag.key for flag in archived] == ["check-old"]
    assert selectors.flags_of(shop, as_vera, archived=None).count() == 5


def test_outsider_finds_nothing(
    checkout: Flag, a_segment: Callable[..., Segment], shop: Project, as_charlie: Actor, system: Actor
) -> None:
    a_segment("staff")
    services.delete_flag(services.create_flag(shop, {"key": "gone"}, actor=system).thing, actor=system)

    assert selectors.find_flag(shop, "checkout", as_charlie) is None
    assert selectors.find_segment(shop, "staff", as_charlie) is None
    assert selectors.find_deleted(Flag, shop, "gone", as_charlie) is None
    assert not selectors.flags_of(shop, as_charlie).exists()
    assert not selectors.segments_of(shop, as_charlie).exists()


def test_member_finds_by_key(
    checkout: Flag, a_segment: Callable[..., Segment], shop: Project, as_bob: Actor, system: Actor
) -> None:
    staff = a_segment("staff")
    gone = services.create_flag(shop, {"key": "gone"}, actor=system).thing
    services.delete_flag(gone, actor=system)

    assert selectors.find_flag(shop, "checkout", as_bob) == checkout
    assert selectors.find_flag(shop, "gone", as_bob) is None
    assert selectors.find_segment(shop, "staff", as_bob) == staff
    assert selectors.find_deleted(Flag, shop, "gone", as_bob) == gone
    assert list(selectors.segments_of(shop, as_bob)) == [staff]


@pytest.mark.parametrize("key", ["", "a\0b", "\ud800", "x" * 201, "no spaces", "Checkout"])
def test_what_is_no_key_is_not_found(checkout: Flag, shop: Project, as_bob: Actor, key: str) -> None:
    assert selectors.find_flag(shop, key, as_bob) is None
    assert selectors.find_deleted(Flag, shop, key, as_bob) is None


def test_search_for_nul_finds_nothing(checkout: Flag, shop: Project, as_bob: Actor) -> None:
    assert not selectors.flags_of(shop, as_bob, search="\0").exists()
