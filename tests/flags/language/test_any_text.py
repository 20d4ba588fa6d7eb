"""Whatever the text, it is read or refused, in bounded time."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flags.language import Parsed, parse_membership, parse_rules, print_rules
from flags.language.syntax import MOST_CHARACTERS, MOST_WORDS
from tests.flags.language.bodies import WORDS, Document, states

generous = settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=300)

PIECES = [*WORDS, "on", "off", "a", "(", ")", "[", "]", "{", "}", ",", ":", "%", "..", "==", "!=", "=", "&&", "#", "\n"]
ODD = ["\0", "\ud800", "\ufeff", '"', '"x"', '"\\ud800"', "1e999", "-0", "9" * 5_000, "0.1.2", "💥", "\\", "'", "--"]
SOUP = st.lists(st.sampled_from([*PIECES, *ODD]) | st.text(max_size=3), max_size=30).map(" ".join)


def read(text: str) -> Parsed:
    """The text read as a state; read as a segment it is read or refused as well."""
    told(parse_membership(text))
    return told(parse_rules(text, variants=["on", "off"]))


def told(parsed: Parsed) -> Parsed:
    assert (parsed.body is None) is bool(parsed.faults)
    assert all(fault.line >= 1 and fault.column >= 1 for fault in parsed.faults)
    json.dumps([fault.message for fault in parsed.faults]).encode()
    return parsed


@given(SOUP | st.text())
@generous
def test_any_words_are_read_or_refused(text: str) -> None:
    read(text)


@given(states(), st.data())
@generous
def test_a_good_text_with_one_piece_replaced_is_read_or_refused(case: tuple[list[str], Document], data: Any) -> None:
    variants, body = case
    pieces = re.findall(r'"(?:[^"\\]|\\.)*"|[\w.-]+|\s+|.', print_rules(body))
    if pieces:
        at = data.draw(st.integers(0, len(pieces) - 1))
        pieces[at] = data.draw(st.sampled_from([*PIECES, *ODD, ""]))

    told(parse_rules("".join(pieces), variants=variants))


@given(SOUP)
@generous
def test_whatever_is_read_can_be_printed_and_read_again(soup: str) -> None:
    body = read(f"rule: {soup} serve on").body
    if body is not None:
        assert read(print_rules(body)).body == body


@pytest.mark.parametrize(
    "text",
    [
        "(" * 900_000,
        "rule: " + "(" * 900_000,
        "rule: " + "not (" * 180_000,
        "rule: a in [" + "1," * 450_000,
        "rule: " + "a exists and " * 70_000,
        "serve on to " + ",".join(['"u"'] * 200_000),
        '"' * 900_000,
        '"' + "x" * 900_000,
        "x" * 900_000,
        "9" * 900_000,
        "rule: a in [" + "9" * 900_000 + "] serve on",
        "#" * 900_000 + "\n?",
        "\n" * 900_000 + "?",
        "=" * 900_000,
    ],
    ids=lambda text: text[:20].strip(),
)
def test_a_megabyte_of_nonsense_is_refused(text: str) -> None:
    (fault,) = parse_rules(text, variants=["on"]).faults[:1]

    assert len(str(fault)) < 500


def test_groups_without_end_are_refused() -> None:
    text = "rule: " + "not (" * 50_000 + "a exists" + ")" * 50_000 + " serve on"

    (fault,) = parse_rules(text, variants=["on"]).faults

    assert fault.message == "groups are nested at most 10 deep"


def test_brackets_without_meaning_may_be_many() -> None:
    text = "rule: " + "(" * 50_000 + "a exists" + ")" * 50_000 + " serve on"

    assert parse_rules(text, variants=["on"]).faults == ()


def test_a_text_that_is_too_long_is_refused_unread() -> None:
    (fault,) = parse_rules("x" * (MOST_CHARACTERS + 1), variants=["on"]).faults

    assert str(fault) == "line 1, column 1: at most 1,000,000 characters are read, these are 1,000,001"


def test_a_text_of_too_many_words_is_read_no_further() -> None:
    (fault,) = parse_rules("rule: a in [" + "1," * MOST_WORDS, variants=["on"]).faults

    assert (fault.line, fault.message) == (1, "at most 250,000 words, values and signs are read")


def test_as_many_targets_as_a_flag_may_have_are_read() -> None:
    state = {"targets": [{"variant": "on", "values": [f"user-{number}" for number in range(10_000)]}]}

    body = parse_rules(print_rules(state), variants=["on"]).body

    assert body is not None
    assert body["targets"] == state["targets"]
