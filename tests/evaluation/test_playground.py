"""Boards: environments as they would be published now, with drafts in the place of what is saved."""

import json
from datetime import UTC, datetime

import pytest

from evaluation.core.context import context_from
from evaluation.manifest import memory
from evaluation.playground import Board, boards_of
from flags import services
from tenants import outbox
from tenants.actors import Actor
from tenants.models import Environment
from tenants.problems import Invalid
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
INDIA = {"attribute": "country", "op": "in", "values": ["IN"]}


def variant(board: Board, key: str, **context: object) -> str:
    return board.answer(key, context_from(context), NOW, client=False).variant


def drafted(draft: object, *environments: Environment) -> list[Board]:
    return boards_of(environments, {"checkout": {each.key: draft for each in environments}}, NOW)


def faults_of(draft: object, environment: Environment) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        drafted(draft, environment)
    return [fault.path for fault in refusal.value.faults]


def test_a_board_is_what_would_be_published_now(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development, enabled=True, rules=[{"id": "r1", "if": INDIA, "serve": {"variant": "off"}}])

    [board] = boards_of([development], {}, NOW)
    outbox.drain()
    published = memory.load(development.id)

    assert published is not None
    assert json.loads(published.content) == {**board.manifest, "version": 1, "issued": published.ruleset.issued}
    assert variant(board, "checkout", country="IN") == "off"


def test_a_draft_takes_the_place_of_what_is_saved(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development, enabled=True)

    [board] = drafted({"rules": [{"id": "r1", "if": INDIA, "serve": {"variant": "off"}}]}, development)

    assert (variant(board, "checkout", country="IN"), variant(board, "checkout", country="LV")) == ("off", "on")
    assert variant(boards_of([development], {}, NOW)[0], "checkout", country="IN") == "on"


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

    boards = boards_of([development, production], {"checkout": {"development": {"enabled": False}}}, NOW)

    assert [variant(board, "checkout") for board in boards] == ["off", "off"]
    assert [board.manifest["flags"]["checkout"]["version"] for board in boards] == [3, 1]


def test_new_weights_in_a_draft_move_as_few_people_as_saving_them(
    a_flag: MakeFlag, development: Environment, system: Actor
) -> None:
    flag = a_flag("checkout", development, enabled=True, fallthrough={"split": {"weights": {"on": 10, "off": 90}}})
    wider = {"fallthrough": {"split": {"weights": {"on": 20, "off": 80}}}}

    [board] = drafted(wider, development)
    services.set_rollout(flag, development, {"on": 20, "off": 80}, actor=system)
    [saved] = boards_of([development], {}, NOW)

    assert board.manifest == saved.manifest


def test_every_fault_of_a_draft_has_its_path(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development)
    rule = {"id": "r1", "if": {**INDIA, "op": "equls"}, "serve": {"variant": "onn"}}

    assert faults_of({"rules": [rule]}, development) == [
        "drafts.checkout.development.rules[0].if.op",
        "drafts.checkout.development.rules[0].serve.variant",
    ]
    assert faults_of("off", development) == ["drafts.checkout.development"]


def test_a_draft_of_an_unknown_flag_is_refused_with_a_hint(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development)

    with pytest.raises(Invalid, match=r'there is no flag "chekout" here.*; did you mean "checkout"\?'):
        boards_of([development], {"chekout": {}}, NOW)


def test_a_draft_that_asks_for_a_missing_segment_is_unreadable(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development, enabled=True)

    [board] = drafted({"rules": [{"id": "r1", "if": {"segment": "gone"}, "serve": {"variant": "off"}}]}, development)

    assert board.answer("checkout", context_from({}), NOW, client=False).error_code == "PARSE_ERROR"


def test_a_flag_that_is_archived_is_not_evaluated(a_flag: MakeFlag, development: Environment, system: Actor) -> None:
    flag = a_flag("checkout", development, enabled=True)

    services.archive_flag(flag, actor=system)

    assert list(boards_of([development], {}, NOW)[0].flags) == []


def test_a_client_key_sees_no_hidden_flag(a_flag: MakeFlag, development: Environment) -> None:
    a_flag("checkout", development, enabled=True, flag={"client_visible": False})

    [board] = boards_of([development], {}, NOW)

    assert board.answer("checkout", context_from({}), NOW, client=True).error_code == "FLAG_NOT_FOUND"
    assert board.explain("checkout", context_from({}), NOW, client=True).steps[0].kind == "unknown"
