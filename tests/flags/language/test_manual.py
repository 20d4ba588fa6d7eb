"""Every example of docs/rule-language.md says what is true. (Those of the API: tests/flags/api/test_rules_text.py.)"""

import json
import re
from typing import Any

import pytest

from flags.language import parse_membership, parse_rules, print_membership, print_rules
from tests.flags.language.manual import MANUAL, blocks

VARIANTS = ["on", "off", "beta", "split"]
ROWS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", MANUAL, re.MULTILINE)
CLAUSES = re.findall(r"^\| `([^`]+)` \| .* \| .* \|$", MANUAL, re.MULTILINE)


def body_of(text: str) -> dict[str, Any]:
    parsed = parse_rules(text, variants=VARIANTS)
    assert parsed.faults == ()
    assert parsed.body is not None
    return parsed.body


def test_the_first_example_stands_for_the_body_below_it() -> None:
    assert body_of(blocks("rules")[0]) == json.loads(blocks("json")[0])


@pytest.mark.parametrize("text", [text for text in blocks("rules") if "#" not in text])
def test_an_example_without_comments_is_canonical(text: str) -> None:
    assert print_rules(body_of(text)) == text


def test_the_example_with_a_comment_comes_back_as_shown() -> None:
    (at,) = [index for index, text in enumerate(blocks("rules")) if "#" in text]

    assert print_rules(body_of(blocks("rules")[at])) == blocks("rules")[at + 1]


def test_there_are_examples_of_conditions_and_of_every_clause() -> None:
    assert len(ROWS) >= 15
    assert [clause.split()[0] for clause in CLAUSES] == ["off", "only", "serve", "rule", "otherwise"]


@pytest.mark.parametrize(("text", "body"), ROWS, ids=[text for text, _ in ROWS])
def test_a_condition_stands_for_the_body_beside_it(text: str, body: str) -> None:
    assert body_of(f"rule: {text} serve on")["rules"][0]["if"] == json.loads(body)


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_of_the_table_is_read(clause: str) -> None:
    assert body_of(clause)


@pytest.mark.parametrize(
    ("before", "phrase", "after"),
    [
        ("", 'serve "split"', ' to "u1"'),
        ("", 'rule id "2026:beta" "Beta": serve on', ""),
        ("only if ", 'flag "payments-v2" serves on', ""),
        ("only if flag core ", "serves [on, beta]", ""),
    ],
)
def test_a_phrase_in_the_prose_is_read(before: str, phrase: str, after: str) -> None:
    assert f"`{phrase}`" in MANUAL
    assert body_of(before + phrase + after)


def test_the_example_of_a_segment_is_canonical() -> None:
    (text,) = blocks("membership")

    body = parse_membership(text).body

    assert body is not None
    assert print_membership(body) == text


def test_the_faulty_example_gets_the_faults_below_it() -> None:
    (text,), (said,) = blocks("faulty"), blocks("text")

    assert [str(fault) for fault in parse_rules(text, variants=["on", "off"]).faults] == said.splitlines()


def test_the_example_of_a_fault_is_one() -> None:
    shown = json.loads(blocks("json")[2])

    (fault,) = parse_rules("otherwise\n  server on", variants=["on"]).faults

    assert shown == {"path": "rules_text", "message": str(fault), "line": fault.line, "column": fault.column}
