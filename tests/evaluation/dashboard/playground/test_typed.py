"""What was typed is read, or told where it breaks and how it is written."""

from datetime import UTC, datetime

import pytest

from evaluation.dashboard.playground.setup import TypedContext, TypedDraft
from evaluation.dashboard.playground.typed import Unreadable, read_context, read_draft, read_moment, read_object

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{\n  "plan": "pro",\n}', "Line 2, column 16: a comma before } is not JSON."),
        ('{"groups": ["a",\n]}', "Line 1, column 16: a comma before ] is not JSON."),
        ('{\n  plan: "pro"}', "Line 2, column 3: a name in double quotes belongs here."),
        ('{"plan": "pro", b}', "Line 1, column 17: a name in double quotes belongs here."),
        ('{"plan" "pro"}', "Line 1, column 9: a colon is missing after the name."),
        ('{"a": 1\n"b": 2}', "Line 2, column 1: a comma is missing before this."),
        ('{"plan": pro}', "Line 1, column 10: a value is missing here."),
        ('{"plan": "pro}', "Line 1, column 10: this text has no closing quote."),
        ("{} {}", "Line 1, column 4: one object is enough; this stands behind it."),
        (" ", "Nothing is typed here; {} is a context without attributes."),
        ("[1]", 'This is a list; write an object, as {"targetingKey": "user-42"}.'),
        ('{"a": 1, "a": 2}', 'This cannot be read: the member "a" is given twice.'),
        ('{"a": 1e999}', "This cannot be read: the number 1e999 does not fit into a double."),
        ('{"a": "\\ud800"}', "This holds half of a surrogate pair, as in \\ud800, which is no character."),
        ('{"a": NaN}', "This cannot be read: NaN is not a JSON number."),
        ('{"a": ' + "[" * 70 + "]" * 70 + "}", "This cannot be read: nested deeper than 64 levels."),
        ("[" * 100_000, "This cannot be read: nested deeper than 64 levels."),
    ],
)
def test_json_that_breaks_tells_where_and_how(text: str, told: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_object(text)

    assert str(refusal.value) == told


def test_while_a_context_cannot_be_read_the_last_one_holds() -> None:
    context = read_context(0, TypedContext("Ravi", '{"country": ', kept='{"country": "IN"}'))

    assert context.context is not None
    assert context.context.attributes == {"country": "IN"}
    assert context.fault == "Line 1, column 13: a value is missing here."
    assert context.kept == '{"country": "IN"}'


def test_a_context_that_can_be_read_is_kept() -> None:
    context = read_context(1, TypedContext("", '{"user_id": "u1", "beta": true, "plan": "pro"}', kept="{}"))

    assert (context.name, context.key, context.about) == ("Context 2", "u1", "u1, pro")
    assert context.kept == context.typed.text


def test_a_draft_is_json_or_rules() -> None:
    rules = 'rule r1: country in ["IN"]\n  serve on'

    assert read_draft(TypedDraft("a", "e", ' {"enabled": true}')) == {"enabled": True}
    assert read_draft(TypedDraft("a", "e", rules)) == {"rules_text": rules}


@pytest.mark.parametrize("text", ["", "now", " now "])
def test_the_clock_is_now_where_nothing_else_is_said(text: str) -> None:
    assert read_moment(text, NOW) == NOW


def test_the_clock_may_be_set() -> None:
    assert read_moment("2026-12-26T10:00:00+05:30", NOW).isoformat() == "2026-12-26T04:30:00+00:00"


@pytest.mark.parametrize("text", ["tomorrow", "2026-12-26T10:00:00", "2026-13-01T00:00:00Z"])
def test_a_moment_without_meaning_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="with its offset"):
        read_moment(text, NOW)
