"""Parts of a state: told apart, compared, and taken from one environment into another."""

from typing import Any

import pytest

from flags import parts
from flags.parts import Body

HERE: dict[str, Any] = {
    "enabled": False,
    "prerequisites": None,
    "targets": [],
    "rules": [],
    "fallthrough": {"variant": "on"},
    "off": "off",
}


def rules(*ids: str, serve: str = "on") -> list[dict[str, Any]]:
    return [{"id": rule_id, "serve": {"variant": serve}} for rule_id in ids]


def ids(body: Body) -> list[str]:
    return [rule["id"] for rule in body["rules"]]


def test_the_same_states_differ_nowhere() -> None:
    assert parts.differing(HERE | {"rules": rules("r1")}, HERE | {"rules": rules("r1")}) == []


def test_true_is_not_one() -> None:
    assert parts.differing(HERE | {"off": True}, HERE | {"off": 1}) == ["off"]


def test_a_rule_that_only_one_has_is_a_part() -> None:
    assert parts.differing(HERE | {"rules": rules("r1", "r2")}, HERE | {"rules": rules("r2")}) == ["rule r1"]


def test_only_the_order_of_shared_rules_differs_as_order() -> None:
    one, other = HERE | {"rules": rules("r1", "r9", "r2")}, HERE | {"rules": rules("r2", "r1")}

    assert parts.differing(one, other) == ["rule r9", "order"]


@pytest.mark.parametrize("part", ["enabled", "off"])
def test_a_member_is_taken_and_all_others_stay(part: str) -> None:
    there = HERE | {"enabled": True, "off": "on"}

    assert parts.taken(there, HERE, [part]) == HERE | {part: there[part]}


def test_a_rule_is_taken_in_its_place() -> None:
    there, here = HERE | {"rules": rules("r1", "r2", serve="off")}, HERE | {"rules": rules("r1", "r2", "r3")}

    assert parts.taken(there, here, ["rule r2"])["rules"] == [*rules("r1"), *rules("r2", serve="off"), *rules("r3")]


def test_a_rule_that_is_gone_there_goes_here() -> None:
    assert ids(parts.taken(HERE, HERE | {"rules": rules("r1", "r2")}, ["rule r1"])) == ["r2"]


@pytest.mark.parametrize(
    ("there", "here", "expected"),
    [
        (("r1", "new"), ("r1", "r2"), ["r1", "new", "r2"]),
        (("new", "r1"), ("r1", "r2"), ["new", "r1", "r2"]),
        (("r1", "left", "new"), ("own", "r1"), ["own", "r1", "new"]),
        (("new",), ("r1",), ["new", "r1"]),
    ],
)
def test_a_new_rule_stands_below_the_rule_that_it_stands_below_there(
    there: tuple[str, ...], here: tuple[str, ...], expected: list[str]
) -> None:
    source, target = HERE | {"rules": rules(*there)}, HERE | {"rules": rules(*here)}

    assert ids(parts.taken(source, target, ["rule new"])) == expected


def test_the_order_is_taken_and_own_rules_stay_where_they_are() -> None:
    source, target = HERE | {"rules": rules("r2", "r1")}, HERE | {"rules": rules("r1", "own", "r2")}

    assert ids(parts.taken(source, target, ["order"])) == ["r2", "own", "r1"]


def test_all_parts_make_the_target_what_the_source_is() -> None:
    source = HERE | {"enabled": True, "targets": [{"variant": "on", "values": ["u"]}], "rules": rules("r3", "r1")}
    target = HERE | {"off": None, "rules": rules("r1", "r2", "r3", serve="off")}

    assert parts.taken(source, target, parts.differing(source, target)) == source
