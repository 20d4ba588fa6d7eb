"""Who moves when buckets change hands."""

from typing import Any

from flags.allocation import moved, reallocate
from flags.dashboard.moves import Flow, moves
from tests.flags.language.bodies import Document

ON, OFF = {"variant": "on"}, {"variant": "off"}


def split(*ranges: list[Any]) -> Document:
    return {"split": {"ranges": list(ranges)}}


def state(fallthrough: Document | None = OFF, *serves: Document) -> Document:
    return {"fallthrough": fallthrough, "rules": [{"id": f"r{n}", "serve": each} for n, each in enumerate(serves)]}


def test_nobody_moves_where_nothing_changed() -> None:
    assert moves(state(OFF, ON), state(OFF, ON)) == []


def test_a_wider_share_moves_one_way() -> None:
    before, after = (
        split(["on", 0, 25_000], ["off", 25_000, 100_000]),
        split(["on", 0, 40_000], ["off", 40_000, 100_000]),
    )

    (move,) = moves(state(OFF, before), state(OFF, after))

    assert (move.where, move.flows, move.per_cent) == ("Rule 1", (Flow("off", "on", 15.0),), 15)
    assert move.is_one_way
    assert [(piece.variant, piece.start, piece.width) for piece in move.after] == [("on", 0, 40), ("off", 40, 60)]


def test_an_exchange_is_not_one_way() -> None:
    (move,) = moves(
        state(OFF, split(["on", 0, 50_000], ["off", 50_000, 100_000])),
        state(OFF, split(["off", 0, 50_000], ["on", 50_000, 100_000])),
    )

    assert move.flows == (Flow("on", "off", 50.0), Flow("off", "on", 50.0))
    assert not move.is_one_way


def test_a_variant_for_everyone_and_the_code_default_are_whole_bars() -> None:
    (default,) = moves(state(None), state(ON))
    (part,) = moves(state(OFF, ON), state(OFF, split(["on", 0, 90_000], [None, 90_000, 100_000])))

    assert default.flows == (Flow("the code default", "on", 100.0),)
    assert part.flows == (Flow("on", "the next step", 10.0),)


def test_rules_that_only_one_state_has_are_not_counted() -> None:
    assert moves(state(OFF, ON, OFF), state(OFF, ON)) == []
    assert moves(state(OFF, ON), state(OFF, ON, OFF)) == []


def test_what_moves_is_what_the_allocation_moved() -> None:
    before = reallocate([], {"a": 30, "b": 30, "c": 40})
    after = reallocate(before, {"a": 10, "b": 45, "c": 45})

    (move,) = moves(state(OFF, split(*map(list, before))), state(OFF, split(*map(list, after))))

    assert round(move.per_cent * 1000) == moved(before, after)
