"""What is printed reads as what it was, and is printed in one way only."""

from typing import Any

from hypothesis import HealthCheck, given, settings

from evaluation.core.canonical import canonical
from evaluation.core.parse import parse_config, parse_segment
from flags.language import parse_membership, parse_rules, print_membership, print_rules
from tests.flags.language.bodies import MEMBERSHIPS, Document, states

generous = settings(suppress_health_check=list(HealthCheck), deadline=None)


@given(states())
@generous
def test_a_printed_state_reads_as_it_was(case: tuple[list[str], Document]) -> None:
    variants, body = case
    state = without_enabled(parse_config(body, variants=variants))

    parsed = parse_rules(print_rules(state), variants=variants)

    assert parsed.faults == ()
    assert canonical(parsed.body) == canonical(state)  # not ==, for which true is 1


@given(states())
@generous
def test_a_text_that_was_read_is_printed_the_same(case: tuple[list[str], Document]) -> None:
    variants, body = case
    text = print_rules(parse_config(body, variants=variants))

    assert print_rules(body_of(parse_rules(text, variants=variants))) == text


@given(MEMBERSHIPS)
@generous
def test_a_printed_segment_reads_as_it_was(body: Document) -> None:
    membership = parse_segment(body)
    text = print_membership(membership)

    parsed = parse_membership(text)

    assert parsed.faults == ()
    assert canonical(parsed.body) == canonical(membership)
    assert print_membership(membership) == text


def without_enabled(state: Document) -> Document:
    return {name: value for name, value in state.items() if name != "enabled"}


def body_of(parsed: Any) -> Document:
    assert parsed.faults == ()
    body: Document = parsed.body
    return body
