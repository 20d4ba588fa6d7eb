"""What is accepted on write, and how it is kept; refusals are vectors."""

from typing import Any

import pytest

from evaluation.core.operators import ALIASES
from evaluation.core.parse import flags_referenced, parse_config, parse_segment, parse_variants, segments_referenced
from evaluation.core.values import InvalidDefinition

Document = dict[str, Any]
VARIANTS = ["on", "off"]
STAFF = {"segment": "staff"}


def parsed(**body: object) -> Document:
    return parse_config(body, variants=VARIANTS)


def condition(**members: object) -> Document:
    rule = {"if": {"attribute": "a", **members}, "serve": {"variant": "on"}}
    found: Document = parsed(rules=[rule])["rules"][0]["if"]
    return found


def test_an_empty_body_is_off_and_changes_nothing() -> None:
    assert parsed() == {
        "enabled": False,
        "off": None,
        "prerequisites": None,
        "targets": [],
        "rules": [],
        "fallthrough": None,
    }


@pytest.mark.parametrize(("alias", "meaning"), ALIASES.items())
def test_an_alias_becomes_the_operator(alias: str, meaning: tuple[str, bool]) -> None:
    op, turned = meaning
    value = "x" if op in {"in", "contains"} else 1

    found = condition(op=alias, values=[value])

    assert (found["op"], found.get("negate", False)) == (op, turned)


@pytest.mark.parametrize(("written", "kept"), [(True, False), (False, True)])
def test_an_alias_that_turns_around_toggles_negate(written: bool, kept: bool) -> None:
    assert condition(op="NOT_EQUALS", values=["x"], negate=written)["negate"] is kept


def test_what_was_written_is_kept() -> None:
    written = {"op": "in", "values": ["x"], "negate": False, "ignore_case": True}

    assert condition(**written) == {"attribute": "a", **written}


def test_exists_needs_no_values() -> None:
    assert condition(op="exists") == {"attribute": "a", "op": "exists", "values": []}


def test_in_takes_no_values_for_nobody() -> None:
    assert condition(op="in", values=[])["values"] == []


def test_rules_without_an_id_get_the_first_free_one() -> None:
    serve = {"serve": {"variant": "on"}}
    body = {"rules": [serve, {"id": "r1", **serve}, {"id": "beta", **serve}, serve]}

    rules = parse_config(body, variants=VARIANTS, taken_ids={"r3"})["rules"]

    assert [rule["id"] for rule in rules] == ["r2", "r1", "beta", "r4"]


def test_targets_are_kept_in_the_form_that_bucketing_uses_and_once() -> None:
    targets = [{"variant": "on", "values": ["ann", 7, 7.0, "7", "ann"]}]

    assert parsed(targets=targets)["targets"] == [{"variant": "on", "values": ["ann", "7"]}]


@pytest.mark.parametrize(
    "weights",
    [
        {"on": 100},
        {"on": 0, "off": 100},
        {"on": 33.333, "off": 66.667},
        {"on": 0.1, "off": 99.9},
        {"on": 0.001, "off": 99.999},
        {"on": 29.7, "off": 70.3},
    ],
)
def test_weights_that_sum_up_exactly_are_taken(weights: Document) -> None:
    split = {"split": {"weights": weights}}

    assert parsed(fallthrough=split)["fallthrough"] == split


def test_a_rule_may_go_on_to_the_next() -> None:
    weights = {"split": {"weights": {"on": 10, "null": 90}}}
    ranges = {"split": {"ranges": [["on", 0, 10_000], [None, 10_000, 100_000]]}}

    rules = parsed(rules=[{"serve": weights}, {"serve": ranges}])["rules"]

    assert [rule["serve"] for rule in rules] == [weights, ranges]


def test_ten_thousand_targets_are_taken_and_one_more_is_not() -> None:
    values = [f"user-{number}" for number in range(10_001)]

    assert len(parsed(targets=[{"variant": "on", "values": values[1:]}])["targets"][0]["values"]) == 10_000
    with pytest.raises(InvalidDefinition, match=r"at most 10,000 targeting keys are allowed, these are 10,001"):
        parsed(targets=[{"variant": "on", "values": values}])
    with pytest.raises(InvalidDefinition, match=r"^targets: at most 10,000 targeting keys"):
        parsed(targets=[{"variant": "on", "values": values[:9_000]}, {"variant": "off", "values": values[9_000:]}])


def test_two_hundred_rules_are_taken_and_one_more_is_not() -> None:
    rules = [{"serve": {"variant": "on"}}] * 201

    assert len(parsed(rules=rules[1:])["rules"]) == 200
    with pytest.raises(InvalidDefinition, match=r"rules: at most 200 rules are allowed, these are 201"):
        parsed(rules=rules)


def test_a_pattern_of_1024_characters_is_taken() -> None:
    assert condition(op="matches", values=["a" * 1024])["op"] == "matches"


def test_groups_nested_ten_deep_are_taken() -> None:
    node: Document = {"attribute": "a", "op": "in", "values": [1]}
    for _ in range(10):
        node = {"not": node}

    assert parsed(prerequisites=node)["prerequisites"] == node


def test_no_more_than_fifty_faults_are_told() -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        parsed(rules=[{}] * 100)

    assert len(refusal.value.faults) == 50


def test_a_variant_may_have_any_key_as_its_name() -> None:
    serve = {"variant": "v1.0~b:c-d"}

    assert parse_config({"fallthrough": serve}, variants=["v1.0~b:c-d"])["fallthrough"] == serve


def test_a_segment_is_kept_with_all_its_members() -> None:
    rules = [{"all": [STAFF, {"attribute": "a", "op": "==", "values": [1]}]}]

    found = parse_segment({"included": ["ann", 7], "rules": rules})

    assert found == {
        "included": ["ann", "7"],
        "excluded": [],
        "rules": [{"all": [STAFF, {"attribute": "a", "op": "in", "values": [1]}]}],
    }


def test_references_are_found_wherever_they_stand() -> None:
    config = parsed(
        prerequisites={
            "all": [{"flag": "a", "variants": ["on"]}, {"not": {"flag": "b", "variants": ["on"]}}, {"segment": "s"}]
        },
        rules=[{"if": {"any": [STAFF, {"not": {"segment": "t"}}]}, "serve": {"variant": "on"}}],
    )

    assert flags_referenced(config) == {"a", "b"}
    assert segments_referenced(config) == {"s", "staff", "t"}


def test_references_of_a_segment_are_found() -> None:
    segment = parse_segment({"rules": [STAFF, {"not": {"segment": "t"}}]})

    assert segments_referenced(segment) == {"staff", "t"}
    assert flags_referenced(segment) == set()


def test_a_boolean_flag_may_leave_its_variants_out() -> None:
    assert parse_variants("boolean", None) == {"on": True, "off": False}


@pytest.mark.parametrize(
    ("value_type", "written", "kept"),
    [
        ("boolean", True, True),
        ("string", "", ""),
        ("integer", -(2**53) + 1, -(2**53) + 1),
        ("double", 10, 10.0),
        ("double", 1e300, 1e300),
        ("double", -0.0, 0.0),
        ("json", {"a": [1.0, 1.5, True, None, -0.0]}, {"a": [1, 1.5, True, None, 0]}),
        ("json", [], []),
    ],
)
def test_a_value_is_kept_as_its_type_holds_it(value_type: str, written: object, kept: object) -> None:
    found = parse_variants(value_type, {"x": written})["x"]

    assert repr(found) == repr(kept)
