"""A draft: what is typed lands in the document, and what nobody touched stays as it is, to the last member."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from evaluation.core.canonical import canonical
from evaluation.core.parse import parse_config
from evaluation.core.values import InvalidDefinition
from flags.dashboard.drafts import Draft, form_of, place, type_into
from flags.dashboard.drafts.values import as_keys, as_line, as_lines, read_keys, read_line, read_lines, read_weight
from tests.flags.language.bodies import Document, states

generous = settings(suppress_health_check=list(HealthCheck), deadline=None)
VARIANTS = ["on", "off"]
EMPTY: Document = {
    "enabled": True,
    "off": "off",
    "prerequisites": None,
    "targets": [],
    "rules": [],
    "fallthrough": {"variant": "on"},
}


def typed(state: Document, **inputs: str) -> Document:
    """The state after this was typed, by the names of the inputs."""
    state = deepcopy(state)
    type_into(form_of(state, VARIANTS).inputs(), inputs)
    return state


def with_rule(condition: Document, serve: Document | None = None) -> Document:
    return EMPTY | {"rules": [{"id": "r1", "if": condition, "serve": serve or {"variant": "on"}}]}


@given(states())
@generous
def test_a_form_that_nobody_touched_is_the_document(case: tuple[list[str], Document]) -> None:
    variants, body = case
    state = parse_config(body, variants=variants)
    as_it_was = canonical(state)
    sent = {each.name: each.text.replace("\n", "\r\n") for each in form_of(state, variants).inputs()}

    type_into(form_of(state, variants).inputs(), sent)

    assert canonical(state) == as_it_was


@given(states())
@generous
def test_what_is_shown_reads_as_what_it_was(case: tuple[list[str], Document]) -> None:
    variants, body = case
    state = parse_config(body, variants=variants)
    # What says nothing is left out when somebody types it: an empty name, targets without keys.
    state["targets"] = [target for target in state["targets"] if target["values"]]
    state["rules"] = [{name: held for name, held in each.items() if held != ""} for each in state["rules"]]
    as_it_was = canonical(state)

    for each in list(form_of(state, variants).inputs()):
        # A split that is chosen again begins anew, and an operator drops what it cannot use.
        if each.text != "split":
            each.write(each.text)

    assert canonical(state) == as_it_was


@given(states())
@generous
def test_every_input_has_a_name_of_its_own(case: tuple[list[str], Document]) -> None:
    variants, body = case
    names = [each.name for each in form_of(parse_config(body, variants=variants), variants).inputs()]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "value", ["1", 1, 1.5, "1.5", True, "true", "false", "null", "IN", "", " a ", '"', "a\nb", "-0"]
)
def test_a_value_keeps_its_kind_on_its_line(value: Any) -> None:
    line = as_line(value)

    assert "\n" not in line
    assert canonical(read_line(line)) == canonical(value)


def test_a_number_is_no_text_and_says_so_in_quotes() -> None:
    assert as_lines(["1", 1, "true", True, "IN"]) == '"1"\n1\n"true"\ntrue\nIN'
    assert read_lines(' IN \r\n\r\n7\r\n"7"\r\n') == ["IN", 7, "7"]


def test_an_empty_text_is_a_line_too() -> None:
    assert read_lines(as_lines(["", "IN"])) == ["", "IN"]


def test_an_operator_for_texts_reads_texts_alone() -> None:
    state = typed(
        with_rule({"attribute": "v", "op": "semver_gte", "values": ["2.4.0"]}), **{"rules[0].if.values": "2.5\n3"}
    )

    assert state["rules"][0]["if"]["values"] == ["2.5", "3"]


def test_a_number_that_no_double_holds_stays_as_it_was_typed() -> None:
    for text in ("1e999", "1" + "0" * 400):
        assert read_line(text) == text
        assert read_weight(text) == text


def test_a_text_that_no_page_can_show_stays_as_it_was_typed() -> None:
    assert read_line('"\\ud800"') == '"\\ud800"'
    assert read_line('"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_pasted_keys_may_have_commas_between_them() -> None:
    assert read_keys('user-1, user-2\nuser-3\r\n"a, b"\nuser-1,,') == ["user-1", "user-2", "user-3", "a, b"]
    assert read_keys(as_keys(["a, b", '"', "007"])) == ["a, b", '"', "007"]


@pytest.mark.parametrize(("text", "weight"), [("12,5", 12.5), (" 25 ", 25), ("0.125", 0.125), ("half", "half")])
def test_a_weight_is_read_as_people_write_it(text: str, weight: Any) -> None:
    assert read_weight(text) == weight


def test_another_operator_drops_what_it_cannot_use() -> None:
    folded = {"attribute": "a", "op": "in", "values": ["x"], "ignore_case": True}

    negated = typed(with_rule(folded), **{"rules[0].if.op": "not in"})
    compared = typed(with_rule(folded), **{"rules[0].if.op": "gt"})
    existing = typed(with_rule(folded), **{"rules[0].if.op": "exists"})

    assert negated["rules"][0]["if"] == folded | {"negate": True}
    assert compared["rules"][0]["if"] == {"attribute": "a", "op": "gt", "values": ["x"]}
    assert existing["rules"][0]["if"] == {"attribute": "a", "op": "exists", "values": []}


def test_a_group_is_joined_otherwise_and_keeps_its_parts() -> None:
    parts = [{"segment": "staff"}, {"attribute": "a", "op": "exists"}]

    state = typed(with_rule({"all": parts}), **{"rules[0].if.joined": "none", "rules[0].if.all[0].segment": "beta"})

    assert state["rules"][0]["if"] == {"not": {"any": [{"segment": "beta"}, parts[1]]}}


def test_a_segment_is_turned_around() -> None:
    inside = typed(with_rule({"not": {"segment": "staff"}}), **{"rules[0].if.membership": "in"})
    outside = typed(with_rule({"segment": "staff"}), **{"rules[0].if.membership": "not in"})

    assert inside["rules"][0]["if"] == {"segment": "staff"}
    assert outside["rules"][0]["if"] == {"not": {"segment": "staff"}}


def test_a_variant_becomes_a_split_and_a_split_a_variant() -> None:
    split = typed(EMPTY, fallthrough="split")
    weighed = typed(split, **{"fallthrough.split.weights.on": "25", "fallthrough.split.weights.off": "75"})
    again = typed(weighed, fallthrough="=off")
    default = typed(again, fallthrough="")

    assert split["fallthrough"] == {"split": {"weights": {"on": 100, "off": 0}}}
    assert weighed["fallthrough"] == {"split": {"weights": {"on": 25, "off": 75}}}
    assert again["fallthrough"] == {"variant": "off"}
    assert default["fallthrough"] is None


def test_targets_come_and_go_with_what_is_typed() -> None:
    there = typed(EMPTY, **{"targets[0].values": "user-7\nuser-9", "targets[1].values": ""})
    moved = typed(there, **{"targets[0].values": "", "targets[1].values": "user-7"})

    assert there["targets"] == [{"variant": "on", "values": ["user-7", "user-9"]}]
    assert moved["targets"] == [{"variant": "off", "values": ["user-7"]}]


def test_names_that_are_no_inputs_change_nothing() -> None:
    assert typed(EMPTY, **{"rules[0].name": "x", "enabled": "no", "__class__": "x", "targets[9].values": "u"}) == EMPTY


def test_a_fault_finds_its_input_or_the_nearest_around_it() -> None:
    state = with_rule(
        {"all": [{"attribute": "", "op": "in", "values": ["a", None]}]},
        {"split": {"weights": {"on": 10, "off": "half"}}},
    )
    state["targets"] = [{"variant": "on", "values": ["u", ""]}]
    form = form_of(state, VARIANTS)

    with pytest.raises(InvalidDefinition) as refused:
        parse_config(state, variants=VARIANTS)
    homeless = place(refused.value.faults, form.inputs())

    blamed = {each.name for each in form.inputs() if each.faults}
    assert blamed == {
        "rules[0].if.all[0].attribute",
        "rules[0].if.all[0].values",
        "rules[0].serve.split.weights.off",
        "targets[0].values",
    }
    assert homeless == []


def test_a_fault_without_an_input_is_given_back() -> None:
    state = with_rule({"any": []})

    with pytest.raises(InvalidDefinition) as refused:
        parse_config(state, variants=VARIANTS)

    assert [fault.path for fault in place(refused.value.faults, form_of(state, ["x"]).inputs())] == ["rules[0].if.any"]


def test_a_sealed_draft_is_for_one_place_and_cannot_be_made_up() -> None:
    sealed = Draft(7, EMPTY).sealed("checkout in production")

    assert Draft.opened(sealed, "checkout in production") == Draft(7, EMPTY)
    assert Draft.opened(sealed, "checkout in staging") is None
    assert Draft.opened(sealed[:-2] + "xx", "checkout in production") is None
    assert Draft.opened(None, "checkout in production") is None
