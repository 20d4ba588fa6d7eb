"""Explanations as JSON: nothing that says nothing, nothing endless, and whatever a context holds can be written."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given

from evaluation.core.context import context_from
from evaluation.core.explain import explain, trace
from evaluation.core.manifest import ruleset_from
from evaluation.core.parse import parse_config
from evaluation.wire.explanations import explanation_document, glimpse
from tests.evaluation.core.test_properties import BODIES, CONTEXTS, NOW, VARIANTS, Document, compiled

BASE: Document = {"type": "boolean", "variants": {"on": True, "off": False}, "salt": "s", "enabled": True, "version": 1}


def shown(context: Document, **members: Any) -> Document:
    manifest = {"format": 1, "environment": "e", "version": 1, "flags": {"a": {**BASE, **members}}}
    now = datetime(2026, 11, 21, 10, tzinfo=UTC)
    return explanation_document(explain(ruleset_from(manifest), manifest, "a", context_from(context), now))


def test_members_that_say_nothing_are_left_out() -> None:
    document = shown({}, fallthrough={"variant": "on"})

    assert document == {
        "answer": {
            "key": "a",
            "value": True,
            "variant": "on",
            "reason": "STATIC",
            "version": 1,
            "metadata": {},
        },
        "steps": [
            {"kind": "enabled", "path": "enabled", "result": "passed"},
            {"kind": "fallthrough", "path": "fallthrough", "result": "decided", "variant": "on"},
        ],
        "flags": {},
        "segments": {},
    }


def test_what_is_false_or_nought_is_said() -> None:
    condition = {"attribute": "a", "op": "in", "values": [1]}
    ranges = [["on", 0, 50_000], ["off", 50_000, 100_000]]

    document = shown(
        {"a": False, "targetingKey": "user-5839"},
        salt="salt",
        rules=[
            {"id": "r1", "if": condition, "serve": {"variant": "on"}},
            {"id": "r2", "serve": {"split": {"ranges": ranges}}},
        ],
    )

    assert document["steps"][1]["condition"]["holds"] is False
    assert document["steps"][1]["condition"]["saw"] is False
    assert document["steps"][2]["draw"]["drawn"][1] == 0


def test_an_error_is_told_as_at_the_doors() -> None:
    document = shown({}, rules=[{"id": "r1", "if": {"segment": "gone"}, "serve": {"variant": "on"}}])

    assert document["answer"]["errorCode"] == "PARSE_ERROR"
    assert document["steps"] == [{"kind": "unreadable", "result": "decided"}]


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("x" * 201, "x" * 199 + "…"),
        ([1] * 21, [*[1] * 20, "…"]),
        ({str(number): 1 for number in range(21)}, {**{str(number): 1 for number in range(20)}, "…": "…"}),
        ([[[["deep"]]]], [[["…"]]]),
        ("\ud800", "\\ud800"),
        (float("inf"), "inf"),
    ],
)
def test_what_is_long_deep_or_odd_is_cut(value: object, seen: object) -> None:
    assert glimpse(value) == seen


def test_a_long_list_of_values_is_cut() -> None:
    condition = {"attribute": "a", "op": "in", "values": list(range(10_000))}

    document = shown({"a": 7}, rules=[{"id": "r1", "if": condition, "serve": {"variant": "on"}}])

    assert document["steps"][1]["condition"]["values"] == [*range(20), "…"]


@given(BODIES, CONTEXTS)
def test_every_explanation_can_be_sent(body: Document, context: Document) -> None:
    manifest = compiled(parse_config(body, variants=VARIANTS))

    document = explanation_document(explain(ruleset_from(manifest), manifest, "a", context_from(context), NOW))

    json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


# The documentation

PAGE = (Path(__file__).parents[3] / "docs/explain.md").read_text()


def test_the_example_of_the_documentation_is_explained_as_it_says() -> None:
    question, answer = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    manifest = question["manifest"]
    context, now = context_from(question["context"]), datetime.fromisoformat(question["now"])

    told = explanation_document(explain(ruleset_from(manifest), manifest, question["flag"], context, now))

    assert told == answer


@pytest.mark.parametrize("words", [trace.Kind, trace.Result, trace.Truth, trace.Because])
def test_every_word_of_an_explanation_is_explained(words: Any) -> None:
    assert [word for word in get_args(words) if f"`{word}`" not in PAGE] == []
