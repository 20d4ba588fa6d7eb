"""What each phrase of the language stands for, and how it is printed."""

from typing import Any

import pytest

from flags.language import parse_membership, parse_rules, print_membership, print_rules
from tests.flags.language.bodies import WORDS

VARIANTS = ["on", "off", "a:b"]
NOTHING: dict[str, Any] = {"prerequisites": None, "targets": [], "rules": []}


def body_of(text: str, *, variants: list[str] = VARIANTS) -> dict[str, Any]:
    parsed = parse_rules(text, variants=variants)
    assert parsed.faults == ()
    assert parsed.body is not None
    return parsed.body


def condition_of(text: str) -> Any:
    return body_of(f"rule: {text} serve on")["rules"][0]["if"]


def is_in(attribute: str, *values: object, **more: bool) -> dict[str, Any]:
    return {"attribute": attribute, "op": "in", "values": list(values), **more}


A, B, C = (is_in(name, 1) for name in "abc")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ('country in ["IN", "LK"]', is_in("country", "IN", "LK")),
        ('country in "IN"', is_in("country", "IN")),
        ("country in []", is_in("country")),
        ("x in [true, false, -1.5e3, 7]", is_in("x", True, False, -1500.0, 7)),
        ('not country in ["IN"]', is_in("country", "IN", negate=True)),
        ('country not in ["IN"]', is_in("country", "IN", negate=True)),
        ("not country not in [1]", is_in("country", 1)),
        ('country == "IN"', is_in("country", "IN")),
        ('country != "IN"', is_in("country", "IN", negate=True)),
        ('not country != "IN"', is_in("country", "IN")),
        ("age >= 18", {"attribute": "age", "op": "gte", "values": [18]}),
        ("age<18", {"attribute": "age", "op": "lt", "values": [18]}),
        ("age GT 18", {"attribute": "age", "op": "gt", "values": [18]}),
        ("plan exists", {"attribute": "plan", "op": "exists", "values": []}),
        ("not plan exists", {"attribute": "plan", "op": "exists", "values": [], "negate": True}),
        (
            'email ends_with ["@a.example", "@b.example"] ignoring case',
            {"attribute": "email", "op": "ends_with", "values": ["@a.example", "@b.example"], "ignore_case": True},
        ),
        ('now after "-7d"', {"attribute": "now", "op": "after", "values": ["-7d"]}),
        ("id mod [10, 3]", {"attribute": "id", "op": "mod", "values": [10, 3]}),
        (r'path matches "^\\d+\u00df"', {"attribute": "path", "op": "matches", "values": ["^\\d+ß"]}),
        ('"not" in [1]', is_in("not", 1)),
        ('"an attribute" in [1]', is_in("an attribute", 1)),
        ("größe in [1]", is_in("größe", 1)),
        ("app.version in [1]", is_in("app.version", 1)),
        ("segment staff", {"segment": "staff"}),
        ('not segment "staff"', {"not": {"segment": "staff"}}),
    ],
)
def test_a_condition_is_read(text: str, condition: Any) -> None:
    assert condition_of(text) == condition


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("a in [1] and b in [1] and c in [1]", {"all": [A, B, C]}),
        ("a in [1] or b in [1]", {"any": [A, B]}),
        ("a in [1] and b in [1] or c in [1]", {"any": [{"all": [A, B]}, C]}),
        ("a in [1] and (b in [1] or c in [1])", {"all": [A, {"any": [B, C]}]}),
        ("(a in [1] and b in [1]) and c in [1]", {"all": [{"all": [A, B]}, C]}),
        ("((a in [1]))", A),
        ("all ()", {"all": []}),
        ("all (a in [1])", {"all": [A]}),
        ("any (a in [1])", {"any": [A]}),
        ("all (a in [1] and b in [1])", {"all": [{"all": [A, B]}]}),
        ("not (a in [1])", {"not": A}),
        ("not (not a in [1])", {"not": A | {"negate": True}}),
        ("not (a in [1] or b in [1])", {"not": {"any": [A, B]}}),
        ("not all ()", {"not": {"all": []}}),
    ],
)
def test_a_group_is_read(text: str, condition: Any) -> None:
    assert condition_of(text) == condition


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("", {}),
        ("# nothing but a comment", {}),
        ("off serves off", {"off": "off"}),
        ("off serves code default", {"off": None}),
        ("only if segment staff", {"prerequisites": {"segment": "staff"}}),
        ('only if flag "core" serves on', {"prerequisites": {"flag": "core", "variants": ["on"]}}),
        ('only if flag core serves [on, "a:b"]', {"prerequisites": {"flag": "core", "variants": ["on", "a:b"]}}),
        ('serve on to "u1", 7', {"targets": [{"variant": "on", "values": ["u1", "7"]}]}),
        ("serve off to nobody", {"targets": [{"variant": "off", "values": []}]}),
        ("rule: serve on", {"rules": [{"id": "r1", "serve": {"variant": "on"}}]}),
        ("rule beta: serve on", {"rules": [{"id": "beta", "serve": {"variant": "on"}}]}),
        ('rule "Beta": serve on', {"rules": [{"id": "r1", "name": "Beta", "serve": {"variant": "on"}}]}),
        ('rule id "1:" "": serve "a:b"', {"rules": [{"id": "1:", "name": "", "serve": {"variant": "a:b"}}]}),
        ("otherwise serve off", {"fallthrough": {"variant": "off"}}),
        ("otherwise serve code default", {"fallthrough": None}),
        (
            'otherwise serve split by company.id salt "x" { on: 12.5%, off: 87.5 % }',
            {"fallthrough": {"split": {"by": "company.id", "salt": "x", "weights": {"on": 12.5, "off": 87.5}}}},
        ),
        (
            "rule: serve split { on: 20%, next rule: 80% }",
            {"rules": [{"id": "r1", "serve": {"split": {"weights": {"on": 20, "null": 80}}}}]},
        ),
        (
            "rule: serve split { on: 0..20000, next rule: 20000..100000 }",
            {"rules": [{"id": "r1", "serve": {"split": {"ranges": [["on", 0, 20_000], [None, 20_000, 100_000]]}}}]},
        ),
    ],
)
def test_a_clause_is_read(text: str, members: dict[str, Any]) -> None:
    assert body_of(text) == NOTHING | members


def test_lines_and_spaces_do_not_matter_and_comments_are_left_out() -> None:
    text = '\ufeffrule\tr1 # first\r\n"Beta":a\u00a0in["#"]serve\non otherwise serve off#'

    assert print_rules(body_of(text)) == 'rule r1 "Beta": a in ["#"]\n  serve on\notherwise serve off\n'


@pytest.mark.parametrize("word", [word for word in WORDS if word != "null"])
def test_every_word_of_the_language_can_be_a_name(word: str) -> None:
    state = {
        "off": word,
        "prerequisites": {"all": [{"flag": word, "variants": [word]}, {"flag": word, "variants": [word, word]}]},
        "targets": [{"variant": word, "values": [word]}],
        "rules": [
            {"id": word, "name": word, "if": is_in(word, word), "serve": {"variant": word}},
            {"id": "r1", "if": {"not": is_in(word)}, "serve": {"split": {"by": word, "ranges": [[word, 0, 100_000]]}}},
            {
                "id": "r2",
                "if": {"any": [{"segment": word}]},
                "serve": {"split": {"salt": word, "weights": {word: 100}}},
            },
        ],
        "fallthrough": {"variant": word},
    }

    assert body_of(print_rules(state), variants=[word]) == state


def test_a_segment_is_read() -> None:
    parsed = parse_membership('exclude "u9" include "u1", 7 match email ends_with "@a.example" match segment staff')

    assert parsed.body == {
        "included": ["u1", "7"],
        "excluded": ["u9"],
        "rules": [{"attribute": "email", "op": "ends_with", "values": ["@a.example"]}, {"segment": "staff"}],
    }


def test_a_segment_is_printed_in_the_order_of_evaluation() -> None:
    membership = {"included": ["u1", "7"], "excluded": ["u9"], "rules": [{"any": [A, {"segment": "staff"}]}]}

    text = print_membership(membership)

    assert text == 'exclude "u9"\ninclude "u1", "7"\nmatch a in [1] or segment "staff"\n'


def test_what_a_state_leaves_out_is_not_printed() -> None:
    assert print_rules({"enabled": True}) == ""
    assert print_membership({}) == ""


def test_weights_count_where_ranges_stand_beside_them() -> None:
    split = {"weights": {"off": 75, "null": 0, "on": 25}, "ranges": [["on", 0, 25_000], ["off", 25_000, 100_000]]}

    assert print_rules({"fallthrough": {"split": split}}) == (
        "otherwise serve split { on: 25%, off: 75%, next rule: 0% }\n"
    )


def test_long_lines_are_broken() -> None:
    people = [f"user-{number:02}" for number in range(11)]
    state = {
        "targets": [{"variant": "on", "values": people}],
        "rules": [
            {"id": "r1", "if": {"all": [is_in("user", *people), is_in("country", "IN")]}, "serve": {"variant": "on"}}
        ],
    }

    lines = print_rules(state).splitlines()

    assert lines[:2] == ["serve on to", '  "user-00",']
    assert lines[11:15] == ['  "user-10"', "rule r1:", "  user in [", '    "user-00",']
    assert lines[-4:] == ['    "user-10"', "  ]", '  and country in ["IN"]', "  serve on"]
    assert body_of(print_rules(state)) == NOTHING | state


def test_what_cannot_be_seen_is_printed_as_an_escape() -> None:
    text = print_rules({"targets": [{"variant": "on", "values": ["ab\u202ecd", "größe"]}]})

    assert text == 'serve on to "ab\\u202ecd", "größe"\n'


def test_a_line_of_usual_length_stays_whole() -> None:
    text = (
        'rule r1 "Beta in India": country in ["IN", "LK"] and app.version semver_gte "2.4.0" and not segment "employees"\n'
        "  serve split by targetingKey { on: 25%, off: 75% }\n"
        "otherwise serve off\n"
    )

    assert print_rules(body_of(text)) == text
