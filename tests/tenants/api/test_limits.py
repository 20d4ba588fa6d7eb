"""Limits by the API: read by whoever sees the organization, set by whoever runs the server."""

from typing import Any

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, User
from tenants.roles import Role
from tests.tenants.api.conftest import ACME, Caller, paths_of, person, problem_of, token_of

pytestmark = pytest.mark.django_db
LIMITS = f"{ACME}/limits"


@pytest.fixture
def operator(acme: Organization) -> Caller:
    root: Any = User.objects.create_superuser("root@example.com", "correct horse battery staple")
    return person(root)


def test_a_token_reads_how_much_is_used(program: Caller, development: Environment) -> None:
    told = program.get(LIMITS)

    assert told.status_code == 200
    assert told.json()["limits"] == {}
    assert {"name": "environments_per_project", "used": 1, "most": 100, "project": "shop"} in told.json()["usage"]


def test_who_runs_the_server_sets_them(operator: Caller, program: Caller, development: Environment) -> None:
    told = operator.put(LIMITS, {"limits": {"environments_per_project": 1}, "comment": "Their plan"})

    assert told.json()["limits"] == {"environments_per_project": 1}
    assert operator.put(LIMITS, told.json()).json() == told.json()
    problem = problem_of(program.put(f"{ACME}/projects/shop/environments/live", {"name": "Live"}), 409, "limit-reached")
    assert problem["detail"] == (
        "Shop has 1 environments, which is all that Acme allows (environments_per_project: 1)."
        " Whoever runs this server can raise it."
    )


def test_nobody_else_sets_them(program: Caller, alice: User) -> None:
    for caller in (program, person(alice)):
        problem_of(caller.put(LIMITS, {"limits": {}}), 403, "not-allowed")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "limits"),
        ({"limits": []}, "limits"),
        ({"limits": {"members": -1}}, "limits.members"),
        ({"limit": {}}, "limit"),
    ],
)
def test_a_wrong_member_is_named(body: Any, path: str, operator: Caller) -> None:
    assert path in paths_of(problem_of(operator.put(LIMITS, body), 400, "invalid"))


def test_a_role_on_a_part_shows_nothing_of_the_whole(development: Environment, system: Actor) -> None:
    scope = development.project
    token = token_of(services.create_api_key(kind="token", scope=scope, name="ci", role=Role.ADMIN, actor=system)[1])

    problem_of(token.get(LIMITS), 403, "not-allowed")
