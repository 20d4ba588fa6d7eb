"""Rollouts by the management API: every member, every step of their life, every refusal."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.models import Rollout
from flags.models import Flag
from tenants import outbox, services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Project
from tenants.roles import Role
from tests.analytics.rollouts.conftest import Plan, share
from tests.tenants.api.conftest import SHOP, Caller, paths_of, problem_of
from tests.tenants.api.conftest import program as program

pytestmark = pytest.mark.django_db
ROLLOUTS = f"{SHOP}/flags/checkout/environments/development/rollouts/"
OF_PROJECT = f"{SHOP}/rollouts/"
CANARY = {"variant": "on", "preset": "canary", "wait_seconds": None, "comment": "Friday"}


@pytest.fixture
def made(program: Caller, checkout: Flag) -> Any:
    return program.post(ROLLOUTS, CANARY)


def test_a_canary_is_planned_and_found_again(program: Caller, made: Any) -> None:
    said = made.json()

    assert made.status_code == 201
    assert {name: said[name] for name in ("variant", "baseline", "status", "step", "percent", "rule", "waits_for")} == {
        "variant": "on",
        "baseline": "off",
        "status": "planned",
        "step": 0,
        "percent": 0,
        "rule": None,
        "waits_for": [],
    }
    assert [step["percent"] for step in said["steps"]] == [1, 5, 25, 100]
    assert [step["wait_seconds"] for step in said["steps"]] == [None, None, None, 0]
    assert program.get(made["Location"]).json() == said
    assert AuditEvent.objects.get(verb="rollout.created").comment == "Friday"


def test_it_is_steered_by_its_addresses(program: Caller, made: Any) -> None:
    here, seen = made["Location"], []

    for what in ("start", "pause", "resume", "next", "stop"):
        outbox.drain()
        answer = program.post(f"{here}/{what}", {"comment": f"so: {what}"})
        assert answer.status_code == 200, answer.json()
        seen.append((answer.json()["status"], answer.json()["step"]))

    assert seen == [("running", 1), ("paused", 1), ("running", 1), ("running", 2), ("stopped", 2)]
    comments = AuditEvent.objects.filter(verb__startswith="rollout.").values_list("comment", flat=True)
    assert {f"so: {what}" for what in ("start", "pause", "resume", "next", "stop")} <= set(comments)


def test_next_leaves_the_step_that_is_meant_and_no_other(program: Caller, made: Any) -> None:
    program.post(f"{made['Location']}/start", {})
    outbox.drain()
    here = f"{made['Location']}/next"

    assert program.post(here, {"step": 1, "comment": "Good"}).json()["step"] == 2
    again = problem_of(program.post(here, {"step": 1, "comment": "Good"}), 409)

    assert again["detail"].startswith("on of checkout is already at step 2, and step 1 was meant.")
    assert Rollout.objects.get().is_hurried is False
    assert paths_of(problem_of(program.post(here, {"step": "2"}), 400)) == ["step"]
    assert program.post(here, {}).json()["is_hurried"] is True


def test_it_says_what_it_waits_for(program: Caller, made: Any) -> None:
    program.post(f"{made['Location']}/start", {})
    outbox.drain()

    said = program.get(made["Location"]).json()

    assert said["waits_for"] == [{"kind": "hand", "says": "somebody to say “next”"}]
    assert [{name: each[name] for name in ("number", "percent", "version")} for each in said["taken"]] == [
        {"number": 1, "percent": 1, "version": 3}
    ]


def test_it_is_rolled_back(program: Caller, made: Any) -> None:
    program.post(f"{made['Location']}/start", {})

    said = program.post(f"{made['Location']}/roll-back", {"comment": "Worse"}).json()

    assert (said["status"], said["reason"]) == ("rolled_back", "Worse")
    assert share(Rollout.objects.get()) == 0


def test_steps_of_ones_own_and_a_start_by_itself(program: Caller, checkout: Flag) -> None:
    steps = [{"percent": 0.125, "wait_seconds": 60, "minimum_sample": 100}, {"percent": 50}]
    body = {"variant": "on", "steps": steps, "name": "Slowly", "starts_at": "2030-01-01T10:00:00+02:00"}

    said = program.post(ROLLOUTS, body).json()

    assert (said["name"], said["preset"], said["starts_at"]) == ("Slowly", "own", "2030-01-01T08:00:00Z")
    assert said["steps"] == [steps[0], {"percent": 50, "wait_seconds": 0, "minimum_sample": 0}]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"preset": "canary"}, "variant"),
        ({"variant": "on"}, "steps"),
        ({"variant": "on", "preset": "canary", "steps": []}, "steps"),
        ({"variant": "on", "preset": "purple"}, "preset"),
        ({"variant": "on", "steps": [{"percent": 1}], "wait_seconds": 5}, "wait_seconds"),
        ({"variant": "on", "steps": [{"percent": 1}], "minimum_sample": 5}, "minimum_sample"),
        ({"variant": "on", "preset": "canary", "wait_seconds": "soon"}, "wait_seconds"),
        ({"variant": "on", "preset": "canary", "starts_at": "tomorrow"}, "starts_at"),
        ({"variant": "on", "preset": "canary", "starts_at": "2026-11-27T10:00:00"}, "starts_at"),
        ({"variant": "on", "preset": "canary", "starts_at": "2026-13-27T10:00:00Z"}, "starts_at"),
        ({"variant": "on", "preset": "canary", "rule": "nowhere"}, "rule"),
        ({"variant": "maybe", "preset": "canary"}, "variant"),
        ({"variant": "on", "preset": "canary", "speed": 1}, "speed"),
    ],
)
def test_a_body_that_cannot_be_is_refused_with_its_path(
    program: Caller, checkout: Flag, body: dict[str, Any], path: str
) -> None:
    answer = program.post(ROLLOUTS, body)

    assert paths_of(problem_of(answer, 400)) == [path]
    assert not Rollout.objects.exists()


def test_a_second_one_of_the_rule_is_a_conflict(program: Caller, made: Any) -> None:
    problem_of(program.post(ROLLOUTS, CANARY), 409)


def test_what_is_over_is_a_conflict(program: Caller, made: Any) -> None:
    program.post(f"{made['Location']}/stop", {})

    for what in ("start", "pause", "resume", "next", "stop", "roll-back"):
        problem_of(program.post(f"{made['Location']}/{what}", {}), 409)


def test_one_of_another_flag_is_not_there(program: Caller, made: Any, a_flag: Any, development: Environment) -> None:
    a_flag("banner", development)

    problem_of(program.get(made["Location"].replace("checkout", "banner")), 404)


def test_a_project_lists_those_of_its_flags_by_status(program: Caller, made: Any, a_flag: Any, plan: Plan) -> None:
    program.post(f"{made['Location']}/stop", {})
    plan(name="Again")

    assert [each["name"] for each in program.get(OF_PROJECT).json()["results"]] == ["Again", "on of checkout"]
    assert [each["name"] for each in program.get(ROLLOUTS).json()["results"]] == ["Again", "on of checkout"]
    asked = program.get(f"{OF_PROJECT}?status=stopped,finished").json()["results"]
    assert [each["name"] for each in asked] == ["on of checkout"]
    assert paths_of(problem_of(program.get(f"{OF_PROJECT}?status=gone"), 400)) == ["status"]


def test_a_list_asks_no_more_for_many(program: Caller, plan: Plan, a_flag: Any, development: Environment) -> None:
    counted = []
    for number in range(3):
        plan(flag=a_flag(f"flag-{number}", development, enabled=True, fallthrough={"variant": "off"}))
        with CaptureQueriesContext(connection) as captured:
            assert len(program.get(OF_PROJECT).json()["results"]) == number + 1
        counted.append(len(captured))

    assert len(set(counted)) == 1


def test_a_viewer_sees_and_steers_nothing(client: Any, made: Any, shop: Project, system: Actor) -> None:
    token = services.create_api_key(kind="token", scope=shop, name="eye", role=Role.VIEWER, actor=system)[1]
    headers = {"Authorization": f"Bearer {token}"}

    assert client.get(made["Location"], headers=headers).status_code == 200
    for what in ("start", "pause", "resume", "next", "stop", "roll-back"):
        answer = client.post(f"{made['Location']}/{what}", {}, content_type="application/json", headers=headers)
        assert answer.status_code == 403, what
    assert Rollout.objects.get().status == "planned"
