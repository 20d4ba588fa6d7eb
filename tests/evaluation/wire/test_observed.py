"""What telemetry tells of a context: names and types of all, values only as far as their class lets them out."""

import json
from typing import Any

import pytest

from evaluation.core.context import context_from_query
from evaluation.wire.observed import MOST_ATTRIBUTES, attributes_in, hash_of, observed_context, told
from evaluation.wire.telemetry import read_batch
from tests.analytics.batches import batch
from tests.evaluation.core.test_vectors import VECTORS

SECRETS = {
    "targetingKey": "user-7",
    "email": "ravi@example.com",
    "plan": "premium",
    "note": "x" * 201,
    "roles": ["root"],
    "phone": 4_912_345,
}


CASES = json.loads((VECTORS / "observed.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_context_is_told_as_every_sdk_tells_it(case: dict[str, Any]) -> None:
    assert told(case["context"], case["classes"]) == case["told"]
    assert observed_context(case["told"]) == case["told"]


def test_by_default_no_value_is_told() -> None:
    said = json.dumps(told(SECRETS, {}))

    for value in ("user-7", "ravi", "premium", "xxx", "root", "4912345"):
        assert value not in said
    for name in SECRETS:
        assert name in said


def test_each_class_tells_so_much() -> None:
    item = told({"country": "IN", "plan": "free", "age": 30}, {"country": "plain", "age": "never"})

    assert item == {
        "country": "IN",
        "_meta": {"hashed": {"plan": ["string", hash_of("plan", "free")]}, "named": {"age": "number"}},
    }


def test_all_others_have_a_class_too() -> None:
    assert told({"plan": "free"}, {"*": "never"}) == {"_meta": {"named": {"plan": "string"}}}
    assert told({"plan": "free"}, {"*": "plain"}) == {"plan": "free"}


@pytest.mark.parametrize("name", ["targetingKey", "user_id", "userId"])
def test_who_somebody_is_is_never_told(name: str) -> None:
    assert told({name: "user-7"}, {name: "plain", "*": "plain"}) == {"_meta": {"named": {name: "string"}}}


def test_what_looks_like_a_mail_address_is_never_told_in_plain() -> None:
    assert told({"contact": "ravi@example.com"}, {"*": "plain"}) == {
        "_meta": {"hashed": {"contact": ["string", hash_of("contact", "ravi@example.com")]}}
    }


@pytest.mark.parametrize("value", ["x" * 201, ["IN"], 2**53, "a\0b"])
def test_long_values_and_lists_are_never_told(value: object) -> None:
    assert list(told({"a": value}, {"*": "plain"})) == ["_meta"]


def test_names_are_those_by_which_rules_find_them() -> None:
    context = {"app": {"version": "2.4.1", "build": {"n": 7}}, "none": None, "nan": float("nan")}

    assert dict(attributes_in(context)) == {"app.version": "2.4.1", "app.build.n": 7}


def test_so_many_attributes_at_most_are_told() -> None:
    assert len(told({f"a{n}": n for n in range(200)}, {"*": "plain"})) == MOST_ATTRIBUTES


def test_a_query_tells_what_it_spells() -> None:
    assert dict(attributes_in(context_from_query([("age", "30"), ("zip", "x")]).attributes)) == {"age": 30, "zip": "x"}


def test_the_hash_is_the_same_in_every_language() -> None:
    assert hash_of("plan", "premium") == "77d269c6b2dd000a"
    assert hash_of("age", 30.0) == hash_of("age", 30)
    assert hash_of("a", "x") != hash_of("b", "x")


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"_meta": 7}, "contexts[0]._meta"),
        ({"_meta": {"hashed": {"plan": "x"}}}, "contexts[0]._meta.hashed.plan"),
        ({"_meta": {"hashed": {"plan": ["string", "XYZ"]}}}, "contexts[0]._meta.hashed.plan"),
        ({"_meta": {"named": {"plan": "text"}}}, "contexts[0]._meta.named.plan"),
    ],
)
def test_a_context_that_says_nonsense_of_itself_costs_that_context(item: dict[str, Any], path: str) -> None:
    judged = read_batch(batch(contexts=[item, {"country": "IN"}]))

    assert [fault.path for fault in judged.rejected] == [path]
    assert judged.document["contexts"] == [{"country": "IN"}]


def test_what_was_told_is_taken() -> None:
    item = told(SECRETS, {"plan": "plain"})

    assert observed_context(item) == item
