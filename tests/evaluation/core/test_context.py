"""Contexts as programs and query strings give them; JSON ones are vectors."""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pytest

from evaluation.core.context import context_from, context_from_query
from evaluation.core.evaluate import evaluate
from evaluation.core.model import Ruleset

Build = Callable[..., Any]
NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture
def holds(ruleset: Build, flag: Build, now: datetime) -> Callable[..., bool]:
    """Whether a condition holds for a context."""

    def ask(context: Any, attribute: str, op: str, *values: object, **members: object) -> bool:
        condition = {"attribute": attribute, "op": op, "values": list(values), **members}
        rules: Ruleset = ruleset({"a": flag(rules=[{"id": "r1", "if": condition, "serve": {"variant": "on"}}])})
        answer = evaluate(rules, "a", context, now)
        assert answer.error_code is None
        return answer.variant == "on"

    return ask


@pytest.mark.parametrize("number", [NAN, INFINITY, -INFINITY, 10**400])
@pytest.mark.parametrize(
    ("op", "values"),
    [("in", ["x"]), ("gt", [0]), ("lt", [0]), ("after", [0]), ("mod", [2, 0])],
)
@pytest.mark.parametrize("negate", [False, True])
def test_what_is_no_finite_double_is_missing(holds: Build, number: float, op: str, values: Any, negate: bool) -> None:
    assert not holds(context_from({"n": number}), "n", op, *values, negate=negate)


def test_nan_does_not_exist(holds: Build) -> None:
    assert not holds(context_from({"n": NAN}), "n", "exists")
    assert holds(context_from({"n": INFINITY}), "n", "exists", negate=True)


def test_nested_mappings_and_tuples_are_objects_and_lists(holds: Build) -> None:
    context = context_from(MappingProxyType({"app": MappingProxyType({"tags": ("a", "b")})}))

    assert holds(context, "app.tags", "has_all", "a", "b")
    assert holds(context, "app.tags", "in", "b")


def test_a_context_that_holds_itself_is_harmless(holds: Build) -> None:
    attributes: dict[str, Any] = {"a": 1}
    attributes["self"] = attributes

    assert holds(context_from(attributes), "self.self.self.a", "in", 1)


def test_a_context_is_not_changed_by_its_alias() -> None:
    attributes = {"user_id": 7}

    context = context_from(attributes)

    assert context.key == "7"
    assert attributes == {"user_id": 7}


def test_a_given_targeting_key_wins_even_if_it_is_not_usable() -> None:
    assert context_from({"targetingKey": "", "user_id": "ann"}).key is None


def test_user_id_comes_before_user_id_in_camel_case() -> None:
    assert context_from({"userId": "b", "user_id": "a"}).key == "a"


@pytest.mark.parametrize(
    ("text", "value", "equal"),
    [
        ("true", True, True),
        ("true", "true", True),
        ("True", True, False),
        ("false", False, True),
        ("1", True, False),
        ("5", 5, True),
        ("5", "5", True),
        ("5.0", 5, True),
        ("5.0", "5.0", True),
        ("5.0", "5", True),
        ("1.5", 1.5, True),
        ("1e1", 10, True),
        ("007", 7, False),
        ("007", "007", True),
        ("1e999", "1e999", True),
        ("null", "null", True),
        ("[1]", 1, False),
        ("-", "-", True),
    ],
)
def test_a_query_text_is_offered_to_in_in_both_readings(holds: Build, text: str, value: object, equal: bool) -> None:
    context = context_from_query([("x", text)])

    assert holds(context, "x", "in", value) is equal
    assert holds(context, "x", "in", value, negate=True) is not equal


def test_a_repeated_query_name_makes_a_list(holds: Build) -> None:
    context = context_from_query([("role", "a"), ("role", "true"), ("plan", "pro")])

    assert holds(context, "role", "has_all", "a", True)
    assert holds(context, "role", "in", "true")
    assert not holds(context, "plan", "has_all", "pro")


def test_a_query_text_stays_a_text_for_everything_but_equality(holds: Build) -> None:
    context = context_from_query([("targetingKey", "7"), ("x", "true")])

    assert context.key == "7"
    assert holds(context, "x", "starts_with", "tr")
    assert not holds(context, "targetingKey", "mod", 7, 0)


def test_a_number_in_a_query_that_a_context_would_not_have_as_key_stays_one() -> None:
    assert context_from_query([("targetingKey", "1.5")]).key == "1.5"
    assert context_from_query([("user_id", "true")]).key == "true"
