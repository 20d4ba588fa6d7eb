"""What the buttons of the form do to the document."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flags.dashboard.drafts import form_of, operate
from tests.flags.dashboard.test_drafts import EMPTY, VARIANTS, generous, with_rule
from tests.flags.language.bodies import Document, states

FRESH = {"attribute": "", "op": "in", "values": []}
STAFF = {"segment": "staff"}
THERE = {"attribute": "a", "op": "exists"}


def after(state: Document, *buttons: str) -> Document:
    state = deepcopy(state)
    for button in buttons:
        operate(state, button, VARIANTS)
    return state


def condition(state: Document) -> Any:
    return state["rules"][0].get("if")


def test_a_rule_is_added_with_the_first_variant() -> None:
    assert after(EMPTY, "add_rule")["rules"] == [{"serve": {"variant": "on"}}]


def test_the_first_condition_stands_alone_and_the_second_makes_a_group() -> None:
    bare = after(EMPTY, "add_rule")

    one = after(bare, "add_condition rules[0].if")
    two = after(one, "add_segment rules[0].if")
    three = after(two, "add_condition rules[0].if.all")

    assert condition(one) == FRESH
    assert condition(two) == {"all": [FRESH, {"segment": ""}]}
    assert condition(three) == {"all": [FRESH, {"segment": ""}, FRESH]}


def test_a_group_is_nested_in_a_group() -> None:
    state = after(with_rule({"all": [STAFF]}), "add_group rules[0].if.all", "add_condition rules[0].if.all[1].any")

    assert condition(state) == {"all": [STAFF, {"any": [FRESH, FRESH]}]}


def test_prerequisites_are_asked_and_dropped() -> None:
    asked = after(EMPTY, "add_flag prerequisites")
    more = after(asked, "add_segment prerequisites")

    assert asked["prerequisites"] == {"flag": "", "variants": ["on"]}
    assert more["prerequisites"] == {"all": [asked["prerequisites"], {"segment": ""}]}
    assert after(asked, "remove prerequisites")["prerequisites"] is None
    assert after(more, "remove prerequisites.all[0]", "remove prerequisites.all[0]")["prerequisites"] is None


def test_a_group_goes_with_its_last_part() -> None:
    state = with_rule({"all": [STAFF, {"not": {"any": [THERE]}}]})

    assert condition(after(state, "remove rules[0].if.all[1].not.any[0]")) == {"all": [STAFF]}
    assert condition(after(state, "remove rules[0].if.all[1]", "remove rules[0].if.all[0]")) is None
    assert condition(after(with_rule({"not": THERE}), "remove rules[0].if.not")) is None
    assert condition(after(with_rule(STAFF), "remove rules[0].if")) is None


def test_rules_move_and_stay_within_their_list() -> None:
    state = EMPTY | {"rules": [{"id": each, "serve": {"variant": "on"}} for each in "abc"]}

    def order(*buttons: str) -> str:
        return "".join(each["id"] for each in after(state, *buttons)["rules"])

    assert order("down rules[0]") == "bac"
    assert order("up rules[2]", "up rules[1]") == "cab"
    assert order("up rules[0]", "down rules[2]", "down rules[7]") == "abc"
    assert order("remove rules[1]") == "ac"


def test_a_rule_that_is_dropped_takes_its_place_and_the_others_close_up() -> None:
    state = EMPTY | {"rules": [{"id": each, "serve": {"variant": "on"}} for each in "abcd"]}

    def order(button: str) -> str:
        return "".join(each["id"] for each in after(state, button)["rules"])

    assert order("move rules[0] 2") == "bcad"
    assert order("move rules[3] 0") == "dabc"
    assert order("move rules[1] 99999999") == "acdb"
    assert order("move rules[9] 0") == order("move rules[0] x") == order("move rules[0]") == "abcd"


def test_weights_are_written_instead_of_ranges() -> None:
    ranges = [["on", 0, 10_000], [None, 10_000, 40_000], ["on", 40_000, 100_000]]

    state = after(with_rule(STAFF, {"split": {"salt": "s", "ranges": ranges}}), "weigh rules[0].serve")

    assert state["rules"][0]["serve"] == {"split": {"salt": "s", "weights": {"on": 70, "null": 30}}}


@pytest.mark.parametrize(
    "button",
    [
        "",
        "look",
        "remove",
        "remove rules[9]",
        "remove rules[0].if.all[3]",
        "remove nothing.at[0].all",
        "remove [0]",
        "add_condition",
        "add_condition ",
        "add_condition rules",
        "add_condition rules[0].serve.variant",
        "add_condition targets[0].if",
        "weigh rules[0].serve",
        "weigh fallthrough",
        "up rules",
        "up rules[0].name",
        "explode rules[0]",
        "remove rules[999999999999999999999]",
    ],
)
def test_a_button_that_points_nowhere_leaves_a_form_that_can_be_shown(button: str) -> None:
    state = after(with_rule({"all": [STAFF, {"not": THERE}]}), button)

    assert form_of(state, VARIANTS).rules[0].path == "rules[0]"


@given(states(), st.data())
@settings(generous, max_examples=40)
def test_any_buttons_in_any_order_leave_a_form_that_can_be_shown(
    case: tuple[list[str], Document], data: st.DataObject
) -> None:
    variants, body = case
    state = {"enabled": True} | body
    verbs = st.sampled_from(["add_rule", "add_condition", "add_group", "add_flag", "remove", "up", "down", "weigh"])

    for _ in range(6):
        paths = {each.name for each in form_of(state, variants).inputs()} | {"prerequisites", "rules[0]", "rules[0].if"}
        path = data.draw(st.sampled_from(sorted(paths | {path.rpartition(".")[0] for path in paths})))
        operate(state, f"{data.draw(verbs)} {path}", variants)

    assert list(form_of(state, variants).inputs())
