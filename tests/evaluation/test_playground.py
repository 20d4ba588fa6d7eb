"""Boards: environments as they would be published now, with drafts in the place of what is saved."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from evaluation.core.context import context_from
from evaluation.manifest import memory
from evaluation.playground import Board, boards_of, unknown_flags
from flags import services
from flags.selectors import keys_of
from tenants import outbox
from tenants.actors import Actor
from tenants.models import Environment
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
INDIA = {"attribute": "country", "op": "in", "values": ["IN"]}


def variant(board: Board, key: str, **context: object) -> str:
    return board.answer(key, context_from(context), NOW, client=False).variant


def boards(*environments: Environment, **drafts: Any) -> list[Board]:
    found, faults = boards_of(environments, keys_of(environments[0].project), drafts, NOW)
    assert not faults
    return found


def drafted(draft: object, *environments: Environment) -> list[Board]:
    return boards(*environments, checkout={each.key: draft for each in environments})


def faults_of(draft: object, environment: Environment) -> list[str]:
    return [fault.path for fault in boards_of([environment], (), {"checkout": {environment.key: draft}}, NOW)[1]]


def test_a_board_is_what_would_be_published_now(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development, enabled=True, rules=[{"id": "r1", "if": INDIA, "serve": {"variant": "off"}}])

    [board] = boards(development)
    outbox.drain()
    published = memory.load(development.id)

    assert published is not None
    assert json.loads(published.content) == {**board.manifest, "version": 1, "issued": published.ruleset.issued}
    assert variant(board, "checkout", country="IN") == "off"


def test_a_draft_takes_the_place_of_what_is_saved(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development, enabled=True)

    [board] = drafted({"rules": [{"id": "r1", "if": INDIA, "serve": {"variant": "off"}}]}, development)

    assert (variant(board, "checkout", country="IN"), variant(board, "checkout", country="LV")) == ("off", "on")
    assert variant(boards(development)[0], "checkout", country="IN") == "on"


def test_a_draft_of_a_state_that_nobody_changed_begins_with_the_default(
    a_flag: MakeFlag, development: Environment
) -> None:
    a_flag("checkout")

    [board] = drafted({"enabled": True}, development)

    assert variant(board, "checkout") == "on"


def test_a_draft_holds_in_its_environment_alone(
    a_flag: MakeFlag, development: Environment, production: Environment
) -> None:
    a_flag("checkout", development, enabled=True)

    found = boards(development, production, checkout={"development": {"enabled": False}})

    assert [variant(board, "checkout") for board in found] == ["off", "off"]
    assert [board.manifest["flags"]["checkout"]["version"] for board in found] == [3, 1]


def test_new_weights_in_a_draft_move_as_few_people_as_saving_them(
    a_flag: MakeFlag, development: Environment, system: Actor
) -> None:
    flag = a_flag("checkout", development, enabled=True, fallthrough={"split": {"weights": {"on": 10, "off": 90}}})
    wider = {"fallthrough": {"split": {"weights": {"on": 20, "off": 80}}}}

    [board] = drafted(wider, development)
    services.set_rollout(flag, development, {"on": 20, "off": 80}, actor=system)
    [saved] = boards(development)

    assert board.manifest == saved.manifest


def test_every_fault_of_a_draft_has_its_path(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development)
    rule = {"id": "r1", "if": {**INDIA, "op": "equls"}, "serve": {"variant": "onn"}}

    assert faults_of({"rules": [rule]}, development) == [
        "drafts.checkout.development.rules[0].if.op",
        "drafts.checkout.development.rules[0].serve.variant",
    ]
    assert faults_of("off", development) == ["drafts.checkout.development"]


def test_a_draft_may_be_rules_as_text(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development, enabled=True)

    [board] = drafted({"rules_text": 'rule r1: country in ["IN"]\n  serve off'}, development)

    assert (variant(board, "checkout", country="IN"), variant(board, "checkout")) == ("off", "on")


def test_a_fault_in_a_text_has_its_line_and_column(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development)
    draft = {"rules_text": "rule r1: everyone\n  serve onn"}

    [fault] = boards_of([development], (), {"checkout": {"development": draft}}, NOW)[1]

    assert (fault.path, fault.line) == ("drafts.checkout.development.rules_text", 2)


def test_an_unknown_flag_is_named_with_a_hint() -> None:
    [fault] = unknown_flags(
        {"flags[0]": "chekout", "flags[1]": "banner", "flags[2]": "checkout"}, ["checkout", "banner"]
    )

    assert fault.path == "flags[0]"
    assert 'did you mean "checkout"?' in fault.message


def test_a_board_of_some_flags_holds_what_they_ask_for_and_no_others(
    a_flag: MakeFlag, development: Environment
) -> None:
    core, middle = {"flag": "core", "variants": ["on"]}, {"flag": "middle", "variants": ["on"]}
    for key in ("core", "other", "wanted"):
        a_flag(key, development, enabled=True)
    a_flag("middle", development, enabled=True, prerequisites=core)

    [alone], _ = boards_of([development], ["wanted"], {}, NOW)
    [drafted], _ = boards_of([development], ["wanted"], {"wanted": {"development": {"prerequisites": middle}}}, NOW)

    assert set(alone.flags) == {"wanted"}
    assert set(drafted.flags) == {"wanted", "middle", "core"}
    assert variant(drafted, "wanted") == "on"


def test_a_draft_that_is_wrong_is_left_out(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development, enabled=True)

    [board], _ = boards_of([development], ["checkout"], {"checkout": {"development": {"enabled": "no"}}}, NOW)

    assert variant(board, "checkout") == "on"


def test_a_draft_that_asks_for_a_missing_segment_is_unreadable(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development, enabled=True)

    [board] = drafted({"rules": [{"id": "r1", "if": {"segment": "gone"}, "serve": {"variant": "off"}}]}, development)

    assert board.answer("checkout", context_from({}), NOW, client=False).error_code == "PARSE_ERROR"


def test_a_flag_that_is_archived_is_not_evaluated(a_flag: MakeFlag, development: Environment, system: Actor) -> None:
    flag = a_flag("checkout", development, enabled=True)

    services.archive_flag(flag, actor=system)

    assert list(boards(development)[0].flags) == []


def test_a_client_key_sees_no_hidden_flag(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development, enabled=True, flag={"client_visible": False})

    [board] = boards(development)

    assert board.answer("checkout", context_from({}), NOW, client=True).error_code == "FLAG_NOT_FOUND"
    assert board.explain("checkout", context_from({}), NOW, client=True).steps[0].kind == "unknown"
