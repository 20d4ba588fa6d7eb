"""A flag's state in one environment by the API."""

from collections.abc import Callable
from typing import Any

import pytest

from flags.models import Flag, FlagConfig
from tenants.models import Environment
from tests.tenants.api.conftest import ACME, SHOP, Caller, paths_of, problem_of

pytestmark = pytest.mark.django_db

STATE = f"{SHOP}/flags/checkout/environments/development"
PRODUCTION = f"{SHOP}/flags/checkout/environments/production"
SPLIT = {"enabled": True, "fallthrough": {"split": {"weights": {"on": 10, "off": 90}}}}


@pytest.fixture(autouse=True)
def _checkout(checkout: Flag, development: Environment, production: Environment) -> None:
    """Every test has the flag."""


def test_there_is_a_state_before_anybody_changed_it(program: Caller) -> None:
    answer = program.get(STATE)

    assert (answer["ETag"], answer.json()["enabled"], answer.json()["fallthrough"]) == ('"1"', False, {"variant": "on"})
    assert not FlagConfig.objects.exists()


def test_a_rule_that_is_wrong_is_named_by_its_path(program: Caller) -> None:
    body = {"rules": [{"id": "r1", "if": {"attribute": "a", "op": "equls", "values": []}, "serve": {"variant": "on"}}]}

    problem = problem_of(program.put(STATE, body), 400, "invalid")

    assert paths_of(problem)[0] == "rules[0].if.op"
    assert not FlagConfig.objects.exists()


def test_a_patch_of_enabled_is_a_toggle(program: Caller) -> None:
    answer = program.patch(STATE, {"enabled": True, "comment": "go"}, if_match=1)

    assert (answer.json()["enabled"], answer["ETag"]) == (True, '"2"')
    assert program.get(f"{ACME}/audit/").json()["results"][0]["verb"] == "flag.toggled"


def test_a_patch_keeps_what_it_does_not_name(program: Caller) -> None:
    before = program.put(STATE, SPLIT).json()

    after = program.patch(STATE, {"targets": [{"variant": "on", "values": ["u1"]}]}).json()

    assert after["fallthrough"] == before["fallthrough"]
    assert after["targets"] == [{"variant": "on", "values": ["u1"]}]


def test_a_patch_can_set_null(program: Caller) -> None:
    assert program.patch(STATE, {"off": None, "enabled": True}).json()["off"] is None


def test_an_answer_with_ranges_beside_weights_can_be_edited_and_put_back(program: Caller) -> None:
    found = program.put(STATE, SPLIT).json()
    found["fallthrough"]["split"]["weights"] = {"on": 20, "off": 80}

    answer = program.put(STATE, found)

    assert answer.status_code == 200
    assert answer.json()["fallthrough"]["split"]["ranges"] == [["on", 0, 20_000], ["off", 20_000, 100_000]]


def test_a_kill_needs_no_version(program: Caller) -> None:
    program.patch(STATE, {"enabled": True})

    assert program.post(f"{STATE}/kill", {"comment": "it burns"}).json()["enabled"] is False
    problem_of(program.post(f"{STATE}/kill", if_match=1), 400, "bad-request")


def test_a_kill_says_where_to_see_whether_everybody_has_it_and_can_be_put_back(program: Caller) -> None:
    killed = program.post(f"{STATE}/kill").json()

    assert program.get(killed["convergence"]).json()["flag"]["enabled"] is False
    assert program.put(STATE, killed).status_code == 200


def test_a_roll_back_saves_the_earlier_state_as_a_new_version(program: Caller) -> None:
    program.put(STATE, SPLIT)
    program.put(STATE, {"enabled": False})

    answer = program.post(f"{STATE}/roll-back", {"to_version": 2}, if_match=3)

    assert (answer["ETag"], answer.json()["enabled"]) == ('"4"', True)
    assert answer.json()["fallthrough"]["split"]["weights"] == {"on": 10, "off": 90}


@pytest.mark.parametrize("version", [0, 99, "2", None, True, 2**40, -1])
def test_a_roll_back_to_no_version_is_refused(version: Any, program: Caller) -> None:
    answer = program.post(f"{STATE}/roll-back", {"to_version": version})

    assert paths_of(problem_of(answer, 400, "invalid")) == ["to_version"]


def test_a_state_is_copied_from_another_environment(program: Caller) -> None:
    program.put(STATE, SPLIT)

    answer = program.post(f"{PRODUCTION}/copy", {"from": "development"})

    assert answer.json()["fallthrough"] == program.get(STATE).json()["fallthrough"]
    assert paths_of(problem_of(program.post(f"{PRODUCTION}/copy", {"from": "moon"}), 400)) == ["from"]


def test_a_rollout_changes_weights_alone(program: Caller) -> None:
    program.put(STATE, SPLIT)

    answer = program.post(f"{STATE}/rollout", {"weights": {"on": 50, "off": 50}})

    assert answer.json()["fallthrough"]["split"]["weights"] == {"on": 50, "off": 50}
    assert answer.json()["enabled"] is True
    assert paths_of(problem_of(program.post(f"{STATE}/rollout", {"weights": {}, "rule": "r9"}), 400)) == ["rule_id"]


def test_the_states_of_all_environments_take_a_fixed_number_of_queries(
    program: Caller, configured: Callable[..., Any], checkout: Flag, django_assert_num_queries: Callable[..., Any]
) -> None:
    configured(checkout)

    with django_assert_num_queries(5):
        states = program.get(f"{SHOP}/flags/checkout/environments/").json()["results"]

    assert [(state["environment"], state["enabled"]) for state in states] == [
        ("development", True),
        ("production", False),
    ]


def test_the_depth_of_prerequisites_is_set_for_a_project(program: Caller) -> None:
    answer = program.put(f"{SHOP}/prerequisites", {"max_prerequisite_depth": 3})

    assert answer.json() == {"max_prerequisite_depth": 3}
    assert program.get(SHOP).json()["max_prerequisite_depth"] == 3
    problem_of(program.put(f"{SHOP}/prerequisites", {"max_prerequisite_depth": 11}), 400)
