"""Notes on rules from what is known of attributes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flags.advice import ENOUGH, advice
from flags.knowledge import EVERY_CONTEXT, Knowledge, Known

NOW = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
PLANS = ["free", "premium"]


def known(name: str = "plan", *, days_ago: float = 0, every: int = 1_000, **given: Any) -> Knowledge:
    last_seen = NOW - timedelta(days=days_ago)
    of: dict[str, Any] = {
        "times": 900,
        "types": {"string": 900},
        "values": PLANS,
        "was_seen": lambda value: value in PLANS,
    } | given
    return {EVERY_CONTEXT: Known(every, {}, NOW), name: Known(last_seen=last_seen, **of)}


def notes(knowledge: Knowledge, *values: Any, op: str = "in", name: str = "plan", **more: Any) -> list[str]:
    condition = {"attribute": name, "op": op, "values": list(values), **more}
    return list(advice({"prerequisites": None, "rules": [{"if": condition}]}, knowledge, NOW))


def test_what_is_known_and_fits_needs_no_note() -> None:
    assert notes(known(), "premium") == []


def test_a_value_that_nobody_has() -> None:
    assert notes(known(), "premum") == [
        'rules[0].if: no context had the value "premum" of plan; did you mean "premium"?'
    ]
    assert notes(known(), "xyz") == ['rules[0].if: no context had the value "xyz" of plan.']


@pytest.mark.parametrize("more", [{"op": "starts_with"}, {"ignore_case": True}])
def test_only_whole_values_are_looked_for(more: dict[str, Any]) -> None:
    assert notes(known(), "prem", **more) == []


def test_where_nobody_can_tell_nothing_is_said_of_values() -> None:
    assert notes(known(was_seen=lambda value: None), "premum") == []


def test_an_attribute_that_nobody_has() -> None:
    assert notes(known("plan"), "x", name="plam") == [
        'rules[0].if: no context had plam in the last 14 days; did you mean "plan"?'
    ]


def test_an_attribute_that_nobody_has_any_more() -> None:
    assert notes(known(days_ago=13), "free") == []
    assert notes(known(days_ago=15), "free") == ["rules[0].if: no context had plan in the last 14 days."]


@pytest.mark.parametrize(
    ("types", "op", "values", "said"),
    [
        ({"number": 900}, "in", ["adult"], "a number, and compared as text"),
        ({"boolean": 900}, "in", ["true"], "true or false, and compared as text"),
        ({"number": 900}, "contains", ["1"], "a number, and compared as text"),
        ({"number": 897, "string": 3}, "semver_gt", ["1.0.0"], "a number, and compared as text"),
        ({"boolean": 900}, "gt", [1], "true or false, and compared as a number"),
    ],
)
def test_a_type_that_does_not_fit(types: dict[str, int], op: str, values: list[Any], said: str) -> None:
    assert notes(known(types=types), *values, op=op) == [f"rules[0].if: plan is seen as {said} here."]


@pytest.mark.parametrize(
    ("types", "op", "values"),
    [
        ({"number": 900}, "in", ["7"]),
        ({"number": 900}, "in", [7, "adult"]),
        ({"number": 500, "string": 400}, "contains", ["1"]),
        ({"list": 900}, "in", ["adult"]),
        ({"string": 900}, "gt", [1]),
        ({"string": 900}, "exists", []),
    ],
)
def test_a_type_that_may_fit(types: dict[str, int], op: str, values: list[Any]) -> None:
    assert notes(known(types=types, was_seen=lambda value: None), *values, op=op) == []


@pytest.mark.parametrize("name", ["targetingKey", "now"])
def test_who_it_is_and_when_it_is_are_always_there(name: str) -> None:
    assert notes(known(), "x", name=name) == []


def test_who_has_seen_little_says_nothing() -> None:
    assert notes(known(every=ENOUGH - 1), "premum") == []
    assert notes({}, "premum") == []
    assert notes({EVERY_CONTEXT: Known(1_000, {}, NOW - timedelta(days=15))}, "premum") == []


def test_conditions_are_found_wherever_they_stand() -> None:
    wrong = {"attribute": "plam", "op": "in", "values": ["x"]}
    rule = {"if": {"all": [{"segment": "staff"}, {"not": {"any": [wrong]}}]}}

    found = advice({"prerequisites": {"all": [wrong]}, "rules": [rule, {}]}, known(), NOW)

    assert [each.partition(":")[0] for each in found] == ["prerequisites.all[0]", "rules[0].if.all[1].not.any[0]"]
