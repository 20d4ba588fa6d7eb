"""How an answer is written."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate, write_all
from evaluation.core.manifest import ruleset_from
from evaluation.wire.entries import ENTRY, all_entries, keyed_entry, single_entry

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def a_flag(value_type: str, value: object, **members: Any) -> dict[str, Any]:
    return {
        "type": value_type,
        "variants": {"it": value},
        "salt": "s",
        "bucketing": 1,
        "client_visible": True,
        "metadata": {},
        "version": 3,
        "enabled": True,
        "off": None,
        "prerequisites": None,
        "targets": [],
        "rules": [],
        "fallthrough": {"variant": "it"},
        **members,
    }


def ruleset(**flags: dict[str, Any]) -> Any:
    document = {"format": 1, "environment": "e", "version": 42, "issued": "2026-11-21T10:00:00Z", "segments": {}}
    return ruleset_from({**document, "flags": flags})


@pytest.mark.parametrize(
    ("value_type", "value", "literal"),
    [
        ("boolean", False, b"false"),
        ("string", "", b'""'),
        ("string", "नमस्ते", '"नमस्ते"'.encode()),
        ("integer", 10, b"10"),
        ("double", 10, b"10.0"),
        ("double", 0.5, b"0.5"),
        ("double", 1e16, b"1.0e+16"),
        ("double", -1e-7, b"-1.0e-07"),
        ("double", 1.5e300, b"1.5e+300"),
        ("json", {"b": 10.0, "a": [1]}, b'{"a":[1],"b":10}'),
        ("json", {}, b"{}"),
    ],
)
def test_each_type_has_its_literal(value_type: str, value: object, literal: bytes) -> None:
    answer = evaluate(ruleset(f=a_flag(value_type, value)), "f", context_from({}), NOW)

    assert (
        keyed_entry(answer)
        == b'"f":{"value":' + literal + b',"variant":"it","reason":"STATIC","version":3,"metadata":{}}'
    )


def test_no_value_means_no_member() -> None:
    answer = evaluate(ruleset(f=a_flag("boolean", True, enabled=False)), "f", context_from({}), NOW)

    assert keyed_entry(answer) == b'"f":{"variant":"","reason":"DISABLED","version":3,"metadata":{}}'


def test_an_error_says_what_it_needs() -> None:
    split = {"split": {"by": "targetingKey", "salt": "s", "ranges": [["it", 0, 50000], ["it2", 50000, 100000]]}}
    flag = a_flag("boolean", True, fallthrough=split) | {"variants": {"it": True, "it2": False}}

    written = json.loads(single_entry(evaluate(ruleset(f=flag), "f", context_from({}), NOW)))

    assert written["errorCode"] == "TARGETING_KEY_MISSING"
    assert "targetingKey" in written["errorDetails"]
    assert "value" not in written


def test_one_flag_begins_with_its_key() -> None:
    answer = evaluate(ruleset(f=a_flag("boolean", True)), "f", context_from({}), NOW)

    assert single_entry(answer).startswith(b'{"key":"f","value":true,')


def test_all_flags_stand_in_the_order_of_their_keys() -> None:
    rules = ruleset(b=a_flag("boolean", True), a=a_flag("integer", 1), C=a_flag("string", "x"))

    body = json.loads(all_entries("production", 42, write_all(rules, context_from({}), NOW, ENTRY)))

    assert (body["environment"], body["version"], list(body["flags"])) == ("production", 42, ["C", "a", "b"])
