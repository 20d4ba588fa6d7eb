"""What viewers, members, admins and outsiders get for the same calls, by session and by token alike."""

from collections.abc import Callable
from typing import Any

import pytest

from flags.models import Flag
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tenants.roles import Role
from tests.tenants.api.conftest import ACME, SHOP, Caller, person, problem_of, token_of

pytestmark = pytest.mark.django_db

FLAG = f"{SHOP}/flags/checkout"
# (method, path, body, the answers to a viewer, a member and an admin)
CALLS: list[tuple[str, str, Any, tuple[int, int, int]]] = [
    ("get", f"{SHOP}/flags/", None, (200, 200, 200)),
    ("get", FLAG, None, (200, 200, 200)),
    ("post", f"{SHOP}/flags/", {"key": "new"}, (403, 201, 201)),
    ("put", FLAG, {"name": "New"}, (403, 200, 200)),
    ("patch", FLAG, {"name": "New"}, (403, 200, 200)),
    ("delete", FLAG, None, (403, 403, 204)),
    ("post", f"{FLAG}/archive", None, (403, 200, 200)),
    ("put", f"{FLAG}/environments/development", {"enabled": True}, (403, 200, 200)),
    ("patch", f"{FLAG}/environments/production", {"enabled": True}, (403, 403, 200)),
    ("post", f"{FLAG}/environments/production/kill", None, (403, 403, 200)),
    ("put", f"{SHOP}/segments/staff", {}, (403, 201, 201)),
    ("put", f"{SHOP}/environments/staging", {}, (403, 403, 201)),
    ("put", f"{ACME}/projects/blog", {}, (403, 403, 201)),
    ("get", f"{ACME}/keys/", None, (200, 200, 200)),
    ("post", f"{ACME}/keys/", {"kind": "token", "name": "ci", "role": "viewer"}, (403, 403, 201)),
    ("get", f"{ACME}/members/", None, (200, 200, 200)),
    ("delete", ACME, None, (403, 403, 403)),
]
ROLES = (Role.VIEWER, Role.MEMBER, Role.ADMIN)


@pytest.fixture(autouse=True)
def _flag(checkout: Flag, development: Environment, production: Environment) -> None:
    """Every test has a flag and two environments, one of them protected."""


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path", "body", "answers"), CALLS)
def test_a_role_carries_its_verbs(
    method: str,
    path: str,
    body: Any,
    answers: tuple[int, ...],
    role: Role,
    a_member: Callable[[str, Role], User],
) -> None:
    caller = person(a_member("Somebody", role))

    answer = getattr(caller, method)(path, body)

    assert answer.status_code == answers[ROLES.index(role)], answer.content
    if answer.status_code == 403:
        problem_of(answer, 403, "not-allowed")


@pytest.mark.parametrize(("method", "path", "body", "answers"), CALLS)
def test_a_token_has_the_rights_of_its_role(
    method: str, path: str, body: Any, answers: tuple[int, ...], acme: Organization, system: Actor
) -> None:
    secret = services.create_api_key(kind="token", scope=acme, name="ci", role=Role.MEMBER, actor=system)[1]

    answer = getattr(token_of(secret), method)(path, body)

    assert answer.status_code == answers[1]


@pytest.mark.parametrize(("method", "path", "body", "answers"), CALLS)
def test_an_outsider_gets_the_answer_for_what_does_not_exist(
    method: str, path: str, body: Any, answers: tuple[int, ...], charlie: User, globex: Organization, system: Actor
) -> None:
    secret = services.create_api_key(kind="token", scope=globex, name="ci", role=Role.OWNER, actor=system)[1]

    for caller in (person(charlie), token_of(secret)):
        answer = getattr(caller, method)(path, body)
        unknown = getattr(caller, method)(path.replace("acme", "no-such"), body)

        problem_of(answer, 404, "not-found")
        assert answer.content == unknown.content


def test_a_token_of_one_environment_changes_nothing_else(
    checkout: Flag, development: Environment, production: Environment, system: Actor
) -> None:
    secret = services.create_api_key(kind="token", scope=development, name="ci", role=Role.MEMBER, actor=system)[1]
    caller = token_of(secret)

    assert caller.patch(f"{FLAG}/environments/development", {"enabled": True}).status_code == 200
    problem_of(caller.patch(f"{FLAG}/environments/production", {"enabled": True}), 404, "not-found")
    problem_of(caller.patch(FLAG, {"name": "x"}), 403, "not-allowed")
    assert [one["environment"] for one in caller.get(f"{FLAG}/environments/").json()["results"]] == ["development"]
    problem_of(caller.get(f"{SHOP}/flags/", environment="production"), 400)


def test_a_token_of_another_project_sees_nothing_here(acme: Organization, shop: Project, system: Actor) -> None:
    blog = services.create_project(acme, key="blog", name="Blog", actor=system)
    secret = services.create_api_key(kind="token", scope=blog, name="ci", role=Role.ADMIN, actor=system)[1]
    caller: Caller = token_of(secret)

    assert [one["key"] for one in caller.get(f"{ACME}/projects/").json()["results"]] == ["blog"]
    problem_of(caller.get(FLAG), 404, "not-found")
    problem_of(caller.put(FLAG, {}), 404, "not-found")
    problem_of(caller.get(f"{ACME}/members/"), 404, "not-found")
    problem_of(caller.put(f"{ACME}/projects/shop", {"name": "x"}), 403, "not-allowed")
