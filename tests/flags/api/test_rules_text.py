"""A flag's state as text by the API."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from flags.models import Flag, FlagConfig, Segment
from tenants.models import Environment, User
from tests.flags.language.manual import blocks
from tests.tenants.api.conftest import SHOP, Caller, person, problem_of

pytestmark = pytest.mark.django_db

STATE = f"{SHOP}/flags/checkout/environments/development"
CHECK = f"{STATE}/rules-text"
TEXT = """\
off serves off
serve on to "user-7"
rule r1 "Staff": segment "staff" and not country in ["US"]
  serve on
otherwise serve split { on: 25%, off: 75% }
"""
RULES = [
    {
        "id": "r1",
        "name": "Staff",
        "if": {"all": [{"segment": "staff"}, {"attribute": "country", "op": "in", "values": ["US"], "negate": True}]},
        "serve": {"variant": "on"},
    }
]


@pytest.fixture(autouse=True)
def _checkout(checkout: Flag, development: Environment, a_segment: Callable[..., Segment]) -> None:
    """Every test has the flag, and a segment."""
    a_segment("staff")


def test_a_state_is_put_as_text_and_answered_as_text(program: Caller) -> None:
    answer = program.put(STATE, {"enabled": True, "rules_text": TEXT})

    assert answer.json().keys() == {"enabled", "rules_text", "version", "updated_at", "updated_by"}
    assert (answer.json()["enabled"], answer.json()["rules_text"]) == (True, TEXT)
    state = program.get(STATE).json()
    assert (state["off"], state["targets"]) == ("off", [{"variant": "on", "values": ["user-7"]}])
    assert state["rules"] == RULES
    assert state["fallthrough"]["split"]["ranges"] == [["on", 0, 25_000], ["off", 25_000, 100_000]]


def test_a_state_is_shown_as_text_when_asked(program: Caller) -> None:
    assert program.get(STATE, rules_text="true").json()["rules_text"] == "off serves off\notherwise serve on\n"
    assert "rules_text" not in program.get(STATE, rules_text="false").json()
    assert "rules_text" not in program.get(STATE).json()
    problem_of(program.get(STATE, rules_text="yes"), 400, "invalid")


def test_an_answer_with_text_can_be_edited_and_put_back(program: Caller) -> None:
    program.put(STATE, {"enabled": True, "rules_text": TEXT})
    found = program.get(STATE, rules_text="true").json()

    assert program.put(STATE, found).json()["version"] == 2  # which changes nothing
    found["rules_text"] = found["rules_text"].replace("25%", "20%").replace("75%", "80%")
    assert program.put(STATE, found, if_match=2).json()["version"] == 3


def test_what_a_put_text_does_not_say_is_the_default(program: Caller) -> None:
    program.put(STATE, {"off": None, "targets": [{"variant": "on", "values": ["u"]}], "fallthrough": None})

    state = program.put(STATE, {"rules_text": "rule: serve on"}).json()

    assert state["rules_text"] == "off serves off\nrule r1:\n  serve on\notherwise serve on\n"


def test_a_patched_text_keeps_enabled_and_what_the_text_leaves_open(program: Caller) -> None:
    program.put(STATE, {"enabled": True, "rules_text": f"only if segment staff {TEXT.replace('off serves off', '')}"})

    answer = program.patch(STATE, {"rules_text": "rule beta: serve on"})

    state = program.get(STATE).json()
    assert answer.json()["enabled"] is True
    assert [rule["id"] for rule in state["rules"]] == ["beta"]
    assert (state["targets"], state["prerequisites"]) == ([], None)
    assert state["fallthrough"]["split"]["weights"] == {"on": 25, "off": 75}


def test_a_text_that_cannot_be_read_is_named_by_line_and_column(program: Caller) -> None:
    problem = problem_of(program.put(STATE, {"rules_text": "off serves off\nrul r1: serve on"}), 400, "invalid")

    (fault,) = problem["errors"]
    assert (fault["path"], fault["line"], fault["column"]) == ("rules_text", 2, 1)
    assert fault["message"].startswith("line 2, column 1: expected ")
    assert fault["message"].endswith('did you mean "rule"?')
    assert not FlagConfig.objects.exists()


def test_what_only_the_project_knows_is_named_by_line_and_column_too(program: Caller) -> None:
    text = 'only if flag "payments" serves on\nrule: segment "stuff" serve on'

    errors = problem_of(program.put(STATE, {"rules_text": text}), 400, "invalid")["errors"]

    assert [(fault["path"], fault["line"], fault["column"]) for fault in errors] == [
        ("rules_text", 1, 14),
        ("rules_text", 2, 15),
    ]
    assert errors[1]["message"].endswith('there is no segment "stuff" in this project; did you mean "staff"?')


def test_a_fault_outside_the_text_keeps_its_path(program: Caller) -> None:
    body = {"enabled": "yes", "rules_of_old": [], "rules_text": TEXT}

    problem = problem_of(program.put(STATE, body), 400, "invalid")

    assert {(fault["path"], "line" in fault) for fault in problem["errors"]} == {
        ("enabled", False),
        ("rules_of_old", False),
    }


@pytest.mark.parametrize("member", ["off", "prerequisites", "targets", "rules", "fallthrough"])
@pytest.mark.parametrize("method", ["put", "patch"])
def test_text_and_a_member_that_it_covers_are_refused(method: str, member: str, program: Caller) -> None:
    answer = getattr(program, method)(STATE, {"rules_text": TEXT, member: None})

    assert member in problem_of(answer, 422, "said-twice")["detail"]
    assert not FlagConfig.objects.exists()


@pytest.mark.parametrize("text", [None, 7, ["rule"], {}])
def test_a_text_that_is_none_is_refused(text: Any, program: Caller) -> None:
    for answer in (program.put(STATE, {"rules_text": text}), program.post(CHECK, {"rules_text": text})):
        assert [fault["path"] for fault in problem_of(answer, 400, "invalid")["errors"]] == ["rules_text"]


def test_a_text_without_the_version_that_was_edited_meets_a_conflict(program: Caller) -> None:
    program.put(STATE, {"rules_text": TEXT})

    problem_of(program.put(STATE, {"rules_text": "otherwise serve on"}, if_match=1), 409, "version-conflict")


def test_a_text_is_checked_without_saving(program: Caller) -> None:
    answer = program.post(CHECK, {"rules_text": 'rule "Staff" : segment staff and country!="US" serve on # soon'})

    assert answer.json() == {
        "body": {"prerequisites": None, "targets": [], "rules": RULES},
        "rules_text": 'rule r1 "Staff": segment "staff" and not country in ["US"]\n  serve on\n',
        "faults": [],
        "warnings": [],
    }
    assert not FlagConfig.objects.exists()


def test_what_is_wrong_with_a_checked_text_is_the_answer(program: Caller) -> None:
    for text, line, column in (("serve on to", 1, 12), ("\n rule: segment stuff serve on", 2, 16)):
        answer = program.post(CHECK, {"rules_text": text})

        assert answer.status_code == 200
        assert (answer.json()["body"], answer.json()["rules_text"]) == (None, None)
        assert [(fault["line"], fault["column"]) for fault in answer.json()["faults"]] == [(line, column)]


def test_a_check_warns_as_saving_would(program: Caller) -> None:
    program.put(STATE, {"rules_text": "rule r1: serve split { on: 50%, off: 50% }"})
    text = {"rules_text": "off serves off\nrule r1: serve split { on: 50%, next rule: 50% }"}

    checked, saved = program.post(CHECK, text).json(), program.put(STATE, text).json()

    assert checked["warnings"] == saved["warnings"]
    assert checked["warnings"][0].startswith("line 2: this split now passes people on but keeps the flag's salt")


@pytest.mark.parametrize(
    "text", ['serve "\ud800" to "\0"', 'serve on to "\\ud800"', "\ud800", 'rule "\\u0000": serve on']
)
def test_a_text_that_cannot_even_be_sent_back_is_refused(text: str, program: Caller) -> None:
    assert program.post(CHECK, {"rules_text": text}).json()["faults"]
    problem_of(program.put(STATE, {"rules_text": text}), 400, "invalid")


def test_whoever_reads_a_flag_may_check_a_text_and_not_save_it(vera: User) -> None:
    viewer = person(vera)

    assert viewer.post(CHECK, {"rules_text": TEXT}).json()["faults"] == []
    problem_of(viewer.put(STATE, {"rules_text": TEXT}), 403, "not-allowed")


def test_an_outsider_checks_nothing(charlie: User, globex: Any) -> None:
    problem_of(person(charlie).post(CHECK, {"rules_text": TEXT}), 404, "not-found")


def test_a_check_takes_a_fixed_number_of_queries(
    program: Caller, a_segment: Callable[..., Segment], django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(5):
        a_segment(f"s{number}")
    text = "".join(f"rule: segment s{number} serve on\n" for number in range(5))

    for written in (TEXT, text):
        with django_assert_num_queries(6):
            assert program.post(CHECK, {"rules_text": written}).json()["faults"] == []


def test_the_examples_of_the_manual_are_true(program: Caller) -> None:
    put, _, read, refused = map(json.loads, blocks("json")[1:])

    assert program.put(STATE, put).status_code == 200
    assert program.post(CHECK, {"rules_text": "rule: segment staff serve on"}).json() == read
    assert program.post(CHECK, {"rules_text": "rule: segment stuff serve on"}).json() == refused
