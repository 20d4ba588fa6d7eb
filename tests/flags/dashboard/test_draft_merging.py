"""Mine over theirs: each keeps what only they changed."""

from typing import Any

from flags.dashboard.drafts import merged
from tests.flags.dashboard.test_drafts import EMPTY
from tests.flags.language.bodies import Document

ON, OFF = {"variant": "on"}, {"variant": "off"}


def a_rule(rule_id: str, **members: Any) -> Document:
    return {"id": rule_id, "serve": ON} | members


A, B, C = a_rule("a"), a_rule("b"), a_rule("c")
BASE = EMPTY | {"rules": [A, B, C]}


def rules(mine: list[Document], theirs: list[Document]) -> list[Document]:
    found: list[Document] = merged(BASE, BASE | {"rules": mine}, BASE | {"rules": theirs})["rules"]
    return found


def test_members_that_only_one_changed_stay_changed() -> None:
    targets = [{"variant": "on", "values": ["user-7"]}]

    both = merged(BASE, BASE | {"targets": targets}, BASE | {"fallthrough": OFF, "enabled": False})

    assert both == BASE | {"targets": targets, "fallthrough": OFF, "enabled": False}


def test_where_both_changed_the_same_it_is_mine() -> None:
    assert merged(BASE, BASE | {"off": None}, BASE | {"off": "on"})["off"] is None
    assert rules([a_rule("a", name="mine"), B, C], [a_rule("a", name="theirs"), B, C])[0]["name"] == "mine"


def test_different_rules_are_both_changed() -> None:
    mine, theirs = a_rule("a", serve=OFF), a_rule("c", serve=OFF)

    assert rules([mine, B, C], [A, B, theirs]) == [mine, B, theirs]


def test_their_order_and_their_new_rules_stay() -> None:
    mine, new = a_rule("b", serve=OFF), a_rule("d")

    assert rules([A, mine, C], [new, C, B, A]) == [new, C, mine, A]


def test_my_order_and_my_new_rules_stay() -> None:
    new, another, theirs = {"serve": OFF}, {"serve": ON, "name": "another"}, a_rule("d")

    assert rules([C, new, A, B, another], [A, B, C, theirs]) == [C, new, A, B, another, theirs]


def test_what_one_removed_is_gone_unless_the_other_changed_it() -> None:
    changed = a_rule("b", serve=OFF)

    assert rules([A, C], [A, B, C]) == [A, C]
    assert rules([A, B, C], [A, C]) == [A, C]
    assert rules([A, changed, C], [A, C]) == [A, C, changed]
    assert rules([A, C], [A, changed, C]) == [A, C]
