"""Entries that are written once: what is taken again must be what would be written anew."""

from collections.abc import Callable, Collection, Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluation.core.canonical import canonical
from evaluation.manifest import entries
from evaluation.manifest.build import rules_of
from flags import services
from flags.models import Flag, Segment
from tenants.actors import Actor
from tenants.models import Environment, Project
from tests.evaluation.conftest import MakeFlag

STATE = {"enabled": True, "off": "off", "rules": [], "fallthrough": {"split": {"weights": {"on": 25, "off": 75}}}}
Change = Callable[[Flag, Segment, Environment, Actor], object]
CHANGES: dict[str, Change] = {
    "toggle": lambda flag, segment, environment, actor: services.toggle_flag(
        flag, environment, enabled=True, actor=actor
    ),
    "put": lambda flag, segment, environment, actor: services.put_config(flag, environment, STATE, actor=actor),
    "update": lambda flag, segment, environment, actor: services.edit_flag(
        flag, {"variants": {"on": True, "off": False, "new": True}}, actor=actor
    ),
    "hide": lambda flag, segment, environment, actor: services.edit_flag(flag, {"client_visible": False}, actor=actor),
    "archive": lambda flag, segment, environment, actor: services.archive_flag(flag, actor=actor),
    "delete": lambda flag, segment, environment, actor: services.delete_flag(flag, actor=actor),
    "segment": lambda flag, segment, environment, actor: services.edit_segment(
        segment, {"included": ["u1"]}, actor=actor
    ),
    "delete segment": lambda flag, segment, environment, actor: services.delete_segment(segment, actor=actor),
}


@pytest.fixture
def a_segment(shop: Project, system: Actor) -> Segment:
    made: Segment = services.create_segment(shop, {"key": "staff", "name": "Staff"}, actor=system).thing
    return made


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_written_as_it_would_be_anew(
    change: str, development: Environment, a_flag: MakeFlag, a_segment: Segment, system: Actor
) -> None:
    flag = a_flag("checkout", development, enabled=False)
    a_flag("other", development, enabled=True)
    before = rules_of(development)

    CHANGES[change](flag, a_segment, development, system)

    after = rules_of(development)
    assert after != before
    assert after == rules_of(development, anew=True)


@pytest.mark.django_db
def test_what_came_back_is_written_again(development: Environment, a_flag: MakeFlag, system: Actor) -> None:
    flag = a_flag("checkout", development, enabled=True)
    rules_of(development)
    services.archive_flag(flag, actor=system)
    rules_of(development)

    services.unarchive_flag(flag, actor=system)

    after = rules_of(development)
    assert after == rules_of(development, anew=True)
    assert b'"checkout"' in after.flags


@pytest.mark.django_db
def test_only_the_rows_of_what_changed_are_read(development: Environment, a_flag: MakeFlag, system: Actor) -> None:
    flag = a_flag("checkout", development, enabled=False)
    a_flag("other", development, enabled=True)
    rules_of(development)
    services.toggle_flag(flag, development, enabled=True, actor=system)

    with CaptureQueriesContext(connection) as captured:
        rules_of(development)

    assert len(captured) == 5
    assert sum("'checkout'" in query["sql"] or flag.pk in query["sql"] for query in captured) == 2


@pytest.mark.django_db
def test_another_environment_has_entries_of_its_own(
    development: Environment, production: Environment, a_flag: MakeFlag
) -> None:
    a_flag("checkout", development, enabled=True)

    assert rules_of(development).flags != rules_of(production).flags
    assert rules_of(production) == rules_of(production, anew=True)


def loading(documents: dict[str, object], asked: list[Collection[str] | None]) -> entries.Load:
    def load(keys: Collection[str] | None) -> Iterator[tuple[str, object]]:
        asked.append(keys)
        return ((key, value) for key, value in documents.items() if keys is None or key in keys)

    return load


def test_the_object_is_canonical_whatever_order_the_rows_came_in() -> None:
    documents: dict[str, object] = {"b": {"z": 1.0, "a": "é"}, "B": 2, "a.b": None, "a": []}
    stamps = {key: ["1", 1] for key in documents}

    content = entries.written(("e", "flags"), stamps, loading(documents, []))

    assert content == canonical(documents)


def test_what_vanished_between_two_looks_is_left_out() -> None:
    stamps = {"a": ["1", 1], "gone": ["2", 1]}

    assert entries.written(("e", "flags"), stamps, loading({"a": 1}, [])) == b'{"a":1}'


def test_what_was_published_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MOST_BYTES", 250)
    asked: list[Collection[str] | None] = []
    stamps, load = {"a": ["1", 1]}, loading({"a": "x" * 98}, asked)

    for environment in ("one", "two", "one", "three", "one", "two"):
        entries.written((environment, "flags"), stamps, load)

    assert len(asked) == 4
