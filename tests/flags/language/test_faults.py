"""What is wrong with a text is said in people's words, at its line and column."""

import pytest

from evaluation.core.values import Fault
from flags.language import TextFault, parse_membership, parse_rules


def faults_of(text: str) -> list[tuple[int, int, str]]:
    parsed = parse_rules(text, variants=["on", "off"])
    assert parsed.body is None
    return [(fault.line, fault.column, fault.message) for fault in parsed.faults]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        (
            "rul r1: serve on",
            1,
            1,
            'expected "off", "only if", "otherwise", "rule", "serve" or the end, not "rul"; did you mean "rule"?',
        ),
        (
            "off serves off\noff serves on",
            2,
            1,
            'expected "only if", "otherwise", "rule", "serve" or the end, not "off"',
        ),
        ("otherwise serve on rule: serve off", 1, 20, 'expected the end, not "rule"'),
        ("rule: a", 1, 8, 'expected an operator or "not", but the text ends'),
        ("rule:\n  serve\n", 3, 1, 'expected a name or "split", but the text ends'),
        ("rule r1 serve on", 1, 9, 'expected a text in double quotes or ":", not "serve"'),
        (
            "rule: country in IN serve on",
            1,
            18,
            'expected a value, "[", "and", "ignoring case", "or" or "serve", not "IN"; a text stands in quotes',
        ),
        (
            "rule: a in [1] && b in [1] serve on",
            1,
            16,
            'expected "and", "ignoring case", "or" or "serve", not "&&"; did you mean "and"?',
        ),
        ("otherwise\n  server on", 2, 3, 'expected "serve", not "server"; did you mean "serve"?'),
        ("otherwise serveon", 1, 11, 'expected "serve", not "serveon"; did you mean "serve"?'),
        ('rule "a" "b": serve on', 1, 10, 'expected ":", not "b"'),
        ("rule: a in [1, x] serve on", 1, 16, 'expected a value, not "x"; a text stands in quotes'),
        ("rule: (a in [1] serve on", 1, 17, 'expected ")", not "serve"'),
        ("otherwise serve split { on: 20, off: 80 }", 1, 31, 'expected "%" or "..", not ","'),
        ("otherwise serve split { on: 20%, off: 0..5 }", 1, 40, 'expected "%", not ".."'),
        ("otherwise serve split { on 20% }", 1, 28, 'expected ":", not "20"'),
        ("serve on to", 1, 12, 'expected a value or "nobody", but the text ends'),
        ("serve on to u1", 1, 13, 'expected a value or "nobody", not "u1"; a text stands in quotes'),
        ("rule: a in ['x']", 1, 13, 'expected a value or "]", not "\'"; texts stand in straight double quotes'),
        ("rule r1: serve on $", 1, 19, 'expected "otherwise", "rule" or the end, not "$"'),
        ("rule r1: serve on \udc80", 1, 19, 'expected "otherwise", "rule" or the end, not "\\udc80"'),
    ],
)
def test_a_text_that_cannot_be_read_says_what_was_expected(text: str, line: int, column: int, message: str) -> None:
    assert faults_of(text) == [(line, column, message)]


@pytest.mark.parametrize("text", ['"open', '"back\\slash"', '"line\nbreak"', '"\\u12"'])
def test_a_quote_that_cannot_be_read_says_how_texts_are_written(text: str) -> None:
    ((line, column, message),) = faults_of(f"rule: a in [{text}")

    assert (line, column) == (1, 13)
    assert "a backslash goes before" in message


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ('rule: a equls "x" serve on', 1, 9, 'unknown operator "equls"; did you mean "in" (EQUALS)?'),
        ('rule: a = "x" serve on', 1, 9, 'unknown operator "="; did you mean "=="?'),
        ("rule: serve onn", 1, 13, 'there is no variant "onn"; did you mean "on"?'),
        ("off serves blue", 1, 12, 'there is no variant "blue"; allowed are on, off'),
        ("rule: a in serve on", 1, 9, "in needs something to compare with"),
        ('rule: a > ["1", 2] serve on', 1, 12, '"1" is not a number'),
        ("rule: a in [null] serve on", 1, 13, "null is not a string, a number or a boolean"),
        ("rule: a in [1e999] serve on", 1, 13, "NaN and infinities are not JSON numbers"),
        ('rule: a exists and\n  b matches "(" serve on', 2, 13, "RE2 cannot compile the pattern: missing ): ("),
        ("rule: a > 1 ignoring case serve on", 1, 13, "gt does not compare letters, so it has no case to ignore"),
        ("rule: any () serve on", 1, 7, "an empty any matches nobody; leave it out, or write all for everybody"),
        ("rule: flag core serves on serve on", 1, 12, "only prerequisites can ask for another flag"),
        ("only if flag core serves []", 1, 26, "at least one variant must be named"),
        ("otherwise serve split { on: 20%, off: 70% }", 1, 25, "the weights add up to 90 %, not to 100 %"),
        ("otherwise serve split { on: 50%, on: 50% }", 1, 34, '"on" has its share already'),
        ("otherwise serve split { on: 0..5, off: 6..9 }", 1, 35, "the range begins at 6; without gap or overlap it begins at 5"),
        ("rule a: serve on\nrule a: serve off", 2, 6, '"a" is the id of line 1 already'),
        ('serve on to "u"\nserve off to "u"', 2, 14, '"u" is a target already, at line 1'),
        ('rule "\\u0000": serve on', 1, 6, "the text holds a NUL character, which cannot be stored"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said_where_it_stands(text: str, line: int, column: int, message: str) -> None:
    assert faults_of(text) == [(line, column, message)]


def test_all_that_cannot_be_meant_is_said_in_the_order_of_the_text() -> None:
    text = 'off serves of\nrule: a equls "x" serve onn\notherwise serve split { on: 20%, of: 80% }'

    assert [(line, column) for line, column, _ in faults_of(text)] == [(1, 12), (2, 9), (2, 25), (3, 34)]


def test_groups_that_are_nested_too_deep_are_refused() -> None:
    text = "rule: " + "not (" * 11 + "a exists" + ")" * 11 + " serve on"

    assert faults_of(text) == [(1, 7 + 10 * 5, "groups are nested at most 10 deep")]


def test_too_many_rules_are_refused_where_they_begin() -> None:
    assert faults_of("off serves off\n" + "rule: serve on\n" * 201) == [
        (2, 1, "at most 200 rules are allowed, these are 201")
    ]


def test_faults_of_a_segment_have_places_too() -> None:
    parsed = parse_membership('include ""\nmatch a equls 1')

    assert [(fault.line, fault.column) for fault in parsed.faults] == [(1, 9), (2, 9)]
    assert str(parsed.faults[1]) == 'line 2, column 9: unknown operator "equls"; did you mean "in" (EQUALS)?'


def test_faults_that_others_find_in_the_body_are_located() -> None:
    parsed = parse_rules("rule: a exists and segment staff serve on", variants=["on"])

    located = parsed.located([Fault("rules[0].if.all[1].segment", "gone"), Fault("", "odd"), Fault("rules[7]", "no")])

    assert located == (TextFault("odd", 1, 1), TextFault("no", 1, 1), TextFault("gone", 1, 28))


def test_a_word_of_the_authors_own_is_never_taken_for_a_place() -> None:
    ((_, _, message),) = faults_of('rule: serve "rules[0]"')

    assert message.startswith('there is no variant "rules[0]"')
