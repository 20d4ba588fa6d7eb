"""Guardrails by the management API: made, read, edited, armed, dismissed, deleted, listed; and what it refuses."""

from typing import Any

import pytest

from analytics.models import Guardrail, Metric
from flags.models import Flag
from tenants.models import Environment
from tests.analytics.experiments.conftest import purchase as purchase
from tests.tenants.api.conftest import SHOP, Caller, problem_of
from tests.tenants.api.conftest import program as program

pytestmark = pytest.mark.django_db
GUARDRAILS = f"{SHOP}/flags/checkout/environments/development/guardrails/"
ERRORS = {"name": "Checkout fails", "source": "errors", "variant": "on", "budget": 0.02}
ASKED = {"url": "https://prometheus.example.com", "query": "up", "above": False, "samples": 5, "token": "s3cret"}


@pytest.fixture
def made(program: Caller, served: Flag) -> Any:
    return program.post(GUARDRAILS, ERRORS | {"comment": "Launch"})


def test_a_guardrail_is_made_and_read(program: Caller, made: Any) -> None:
    said = made.json()

    assert made.status_code == 201
    assert (said["flag"], said["environment"]) == ("checkout", "development")
    assert (said["budget"], said["alpha"], said["min_sample"], said["action"]) == (0.02, 0.01, 50, "kill")
    assert (said["state"], said["dry_run"], said["control"], said["evidence"]) == ("watching", False, None, None)
    assert program.get(made["Location"]).json() == said
    assert program.get(GUARDRAILS).json()["results"] == [said]


def test_one_that_asks_prometheus_never_shows_its_token(program: Caller, served: Flag) -> None:
    body = {"name": "Up", "source": "prometheus", "budget": 1, "prometheus": ASKED, "action": "tell", "dry_run": True}

    answer = program.post(GUARDRAILS, body)

    assert answer.status_code == 201, answer.content
    shown = answer.json()["prometheus"]
    assert shown == {name: value for name, value in ASKED.items() if name != "token"} | {"has_token": True}
    assert b"s3cret" not in answer.content


def test_one_over_a_metric_names_it(program: Caller, served: Flag, purchase: Metric) -> None:
    body = {"name": "Sales", "source": "metric", "variant": "on", "budget": 0.1}

    assert problem_of(program.post(GUARDRAILS, body), 400)["errors"][0]["path"] == "metric"
    answer = program.post(GUARDRAILS, body | {"metric": "purchases"})

    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert (said["source"], said["metric"], said["prometheus"]) == ("metric", "purchases", None)
    assert program.patch(answer["Location"], {"budget": 0.2}).json()["metric"] == "purchases"
    errors = {"source": "errors", "metric": None}
    assert program.patch(answer["Location"], errors).json()["metric"] is None


def test_it_is_edited_dismissed_armed_and_deleted(program: Caller, made: Any) -> None:
    path = made["Location"]

    assert program.patch(path, {"budget": 0.5, "control": "off", "dry_run": True}).json()["control"] == "off"
    assert program.patch(path, {"control": None}).json()["control"] is None
    assert program.post(f"{path}/dismiss", {"comment": "Known"}).json()["state"] == "dismissed"
    assert program.post(f"{path}/arm").json()["state"] == "watching"
    assert program.delete(path).status_code == 204
    problem_of(program.get(path), 404)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": "x", "source": "errors"}, "budget"),
        (ERRORS | {"budget": "2 %"}, "budget"),
        (ERRORS | {"budget": True}, "budget"),
        (ERRORS | {"min_sample": 2**40}, "min_sample"),
        (ERRORS | {"surprise": 1}, "surprise"),
        (ERRORS | {"prometheus": {"surprise": 1}}, "prometheus.surprise"),
        (ERRORS | {"prometheus": {"samples": "3"}}, "prometheus.samples"),
        (ERRORS | {"variant": "blue"}, "variant"),
    ],
)
def test_what_is_wrong_is_named(program: Caller, served: Flag, body: dict[str, Any], path: str) -> None:
    problem = problem_of(program.post(GUARDRAILS, body), 400)

    assert path in [fault["path"] for fault in problem["errors"]]
    assert not Guardrail.objects.exists()


def test_those_of_a_project_are_listed_by_state_and_place(program: Caller, made: Any, production: Environment) -> None:
    program.post(f"{made['Location']}/dismiss")
    program.post(GUARDRAILS.replace("development", "production"), ERRORS)

    def listed(**query: str) -> list[str]:
        return [row["environment"] for row in program.get(f"{SHOP}/guardrails/", **query).json()["results"]]

    assert sorted(listed()) == ["development", "production"]
    assert listed(state="watching") == ["production"]
    assert listed(environment="development", flag="checkout") == ["development"]
    assert listed(flag="banner") == []
    problem_of(program.get(f"{SHOP}/guardrails/", state="tired"), 400)
