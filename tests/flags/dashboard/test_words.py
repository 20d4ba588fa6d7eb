"""A state in words, and what differs between two, as a person would tell it."""

import pytest

from evaluation.core.operators import OPERATORS
from flags.dashboard.words import OPERATOR_WORDS, Change, changes, condition, located, serve
from tests.flags.dashboard.test_drafts import EMPTY
from tests.flags.language.bodies import Document

INDIA = {"attribute": "country", "op": "in", "values": ["IN"]}
BETA = {"id": "r1", "name": "Beta", "if": INDIA, "serve": {"split": {"weights": {"on": 25, "off": 75}}}}


def test_every_operator_has_words() -> None:
    assert OPERATOR_WORDS.keys() == OPERATORS.keys()


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (INDIA, "country is any of IN"),
        (INDIA | {"negate": True, "ignore_case": True}, "country is none of IN ignoring case"),
        ({"attribute": "a", "op": "in", "values": ["1", 1, True]}, 'a is any of "1", 1, true'),
        ({"attribute": "plan", "op": "exists", "values": [], "negate": True}, "plan is missing"),
        ({"flag": "payments", "variants": ["on", "beta"]}, "payments serves on or beta"),
        ({"not": {"segment": "staff"}}, "not (in segment staff)"),
        ({"all": []}, "everyone"),
        ({"attribute": "country", "op": "in", "values": []}, "country is any of nothing"),
        (
            {"all": [INDIA, {"any": [{"segment": "staff"}, {"segment": "beta"}]}]},
            "country is any of IN and (in segment staff or in segment beta)",
        ),
        ({"attribute": "a", "op": "in", "values": list(range(10))}, "a is any of 0, 1, 2, 3, 4, 5, 6, 7 and 2 more"),
    ],
)
def test_a_condition_reads_as_a_sentence(node: Document, words: str) -> None:
    assert condition(node) == words


@pytest.mark.parametrize(
    ("served", "words"),
    [
        (None, "serves the code default"),
        ({"variant": "on"}, "serves on"),
        (
            {"split": {"by": "account", "weights": {"on": 12.5, "off": 0, "null": 87.5}}},
            "serves 12.5 % on, 87.5 % goes on by account",
        ),
        (
            {"split": {"ranges": [["on", 0, 2500], [None, 2500, 100_000]]}},
            "serves on in 0–2,500, goes on in 2,500–100,000",
        ),
    ],
)
def test_what_is_served_reads_as_a_sentence(served: Document | None, words: str) -> None:
    assert serve(served) == words


def test_nothing_differs_from_itself() -> None:
    assert changes(EMPTY | {"rules": [BETA]}, EMPTY | {"rules": [BETA]}) == []


def test_each_place_says_what_was_and_what_is() -> None:
    after = EMPTY | {
        "enabled": False,
        "off": None,
        "prerequisites": {"flag": "payments", "variants": ["on"]},
        "fallthrough": {"variant": "off"},
    }

    assert changes(EMPTY, after) == [
        Change("Switch", ("On",), ("Off",)),
        Change("Only if", ("nothing is asked",), ("payments serves on",)),
        Change("Everyone else", ("serves on",), ("serves off",)),
        Change("When off", ("serves off",), ("serves the code default",)),
    ]


def test_targets_that_come_and_go_are_named() -> None:
    before = EMPTY | {"targets": [{"variant": "on", "values": ["u1", "u2", "u3"]}]}
    after = EMPTY | {"targets": [{"variant": "on", "values": ["u1", "u4"]}, {"variant": "off", "values": ["u3"]}]}

    assert changes(before, after) == [
        Change("Individual targets", ("u2, u3 always get on",), ("u4 always gets on", "u3 always gets off"))
    ]


def test_rules_that_come_go_and_change_are_told_by_their_ids() -> None:
    gone = {"id": "r2", "serve": {"variant": "on"}}
    changed = BETA | {"name": "Beta in India", "serve": {"split": {"weights": {"on": 40, "off": 60}}}}

    found = changes(EMPTY | {"rules": [gone, BETA]}, EMPTY | {"rules": [changed, {"serve": {"variant": "off"}}]})

    assert found == [
        Change("Rule 1, removed", removed=("everyone who reaches it", "serves on")),
        Change(
            "Rule 1, Beta in India",
            ("named “Beta”", "serves 25 % on, 75 % off"),
            ("named “Beta in India”", "serves 40 % on, 60 % off"),
        ),
        Change("Rule 2, new", added=("everyone who reaches it", "serves off")),
    ]


def test_another_order_of_the_rules_is_a_change() -> None:
    other = {"id": "r2", "serve": {"variant": "on"}}

    (found,) = changes(EMPTY | {"rules": [BETA, other]}, EMPTY | {"rules": [other, BETA]})

    assert found == Change("Order of the rules", ("Rule 1, Beta → Rule 2",), ("Rule 2 → Rule 1, Beta",))


def test_a_change_that_no_word_tells_is_not_hidden() -> None:
    salted = BETA | {"serve": {"split": {"salt": "s", "weights": {"on": 25, "off": 75}}}}

    (found,) = changes(EMPTY | {"rules": [BETA]}, EMPTY | {"rules": [salted]})

    assert found.where == "Rule 1, Beta"
    assert found.added == ("details that have no words; see it as text",)


def test_a_fault_names_its_place_in_words() -> None:
    state = EMPTY | {"rules": [BETA]}

    assert located("rules[0].serve.split.weights", "wrong", state) == "Rule 1, Beta: wrong"
    assert located("targets[0].values[1]", "wrong", state) == "Individual targets: wrong"
    assert located("", "wrong", state) == "wrong"
