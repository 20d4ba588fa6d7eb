"""Organizations, projects and environments by the API."""

import pytest

from tenants.models import AuditEvent, Environment, Organization, User
from tests.tenants.api.conftest import ACME, SHOP, Caller, paths_of, person, problem_of

pytestmark = pytest.mark.django_db

ORGANIZATIONS = "/api/v1/organizations/"
PRODUCTION = f"{SHOP}/environments/production"


def test_a_person_founds_an_organization_and_owns_it(charlie: User) -> None:
    caller = person(charlie)

    answer = caller.post(ORGANIZATIONS, {"slug": "initech", "name": "Initech"})

    assert (answer.status_code, answer["Location"]) == (201, "/api/v1/organizations/initech")
    assert [one["slug"] for one in caller.get(ORGANIZATIONS).json()["results"]] == ["initech"]
    assert caller.get(f"{ORGANIZATIONS}initech/members/").json()["results"][0]["role"] == "owner"


def test_a_token_founds_nothing(program: Caller) -> None:
    problem_of(program.post(ORGANIZATIONS, {"slug": "initech"}), 403, "not-allowed")


def test_a_taken_slug_is_a_conflict(charlie: User, acme: Organization) -> None:
    problem_of(person(charlie).post(ORGANIZATIONS, {"slug": "acme"}), 409, "conflict")


def test_everybody_lists_their_own_organizations_alone(alice: User, acme: Organization, globex: Organization) -> None:
    assert [one["slug"] for one in person(alice).get(ORGANIZATIONS).json()["results"]] == ["acme"]


def test_a_deleted_organization_comes_back_for_its_owner(alice: User, acme: Organization, charlie: User) -> None:
    caller = person(alice)

    assert caller.delete(f"{ACME}?comment=bye").status_code == 204
    problem_of(caller.get(ACME), 404)
    problem_of(person(charlie).post(f"{ACME}/undelete"), 404)
    assert caller.post(f"{ACME}/undelete").json()["slug"] == "acme"


def test_an_environment_is_put_again_without_change(program: Caller, production: Environment) -> None:
    body = {"name": "Production", "is_protected": True}
    before = AuditEvent.objects.count()

    answers = [program.put(PRODUCTION, body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json() == program.get(PRODUCTION).json()
    assert AuditEvent.objects.count() == before


def test_a_put_gives_what_it_leaves_out_its_default(program: Caller, production: Environment) -> None:
    answer = program.put(PRODUCTION, {"color": "rose"})

    assert (answer.json()["color"], answer.json()["is_protected"], answer.json()["name"]) == (
        "rose",
        False,
        "Production",
    )


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"name": {"a": 1}}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"color": "beige"}, "color"),
        ({"is_protected": "yes"}, "is_protected"),
        ({"position": -1}, "position"),
        ({"position": 10**30}, "position"),
        ({"position": True}, "position"),
        ({"positoin": 1}, "positoin"),
        ({"key": "other"}, "key"),
    ],
)
def test_a_wrong_member_is_named(body: object, path: str, program: Caller, production: Environment) -> None:
    before = program.get(PRODUCTION).json()

    assert paths_of(problem_of(program.patch(PRODUCTION, body), 400, "invalid")) == [path]
    assert program.get(PRODUCTION).json() == before


def test_a_key_that_is_no_slug_makes_nothing(program: Caller, production: Environment) -> None:
    assert paths_of(problem_of(program.put(f"{SHOP}/environments/Not_A_Slug", {}), 400)) == ["key"]


def test_a_place_without_a_version_takes_no_if_match(program: Caller, production: Environment) -> None:
    problem_of(program.put(PRODUCTION, {}, if_match=1), 400, "bad-request")


def test_a_put_may_only_create(program: Caller, production: Environment) -> None:
    problem_of(program.put(PRODUCTION, {}, headers={"If-None-Match": "*"}), 409, "conflict")
    problem_of(program.put(SHOP, {}, headers={"If-None-Match": "*"}), 409, "conflict")


@pytest.mark.parametrize("path", [SHOP, PRODUCTION])
def test_what_was_deleted_comes_back(path: str, program: Caller, production: Environment) -> None:
    before = program.get(path).json()

    assert program.delete(path).status_code == 204
    problem_of(program.get(path), 404)
    problem_of(program.put(path, {}), 409, "conflict")
    assert program.post(f"{path}/undelete").json() == before


def test_a_member_gets_another_role_and_leaves(alice: User, bob: User) -> None:
    caller = person(alice)

    assert caller.put(f"{ACME}/members/{bob.id}", {"role": "admin"}).json()["role"] == "admin"
    assert paths_of(problem_of(caller.put(f"{ACME}/members/{bob.id}", {"role": "king"}), 400)) == ["role"]
    assert caller.delete(f"{ACME}/members/{bob.id}").status_code == 204
    problem_of(caller.get(f"{ACME}/members/{bob.id}"), 404)
    problem_of(caller.delete(f"{ACME}/members/{alice.id}"), 409, "conflict")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (f"{ACME}/", ACME),
        (f"{ACME}/projects", f"{ACME}/projects/"),
        (f"{ACME}/projects/shop/environments/nowhere/", f"{ACME}/projects/shop/environments/nowhere"),
    ],
)
def test_a_slash_too_many_or_too_few_is_pointed_out(wrong: str, right: str, program: Caller) -> None:
    problem = problem_of(program.post(wrong), 404)

    assert problem["detail"].endswith(f"try {right}")


def test_other_addresses_are_nowhere(program: Caller) -> None:
    assert "slash" not in problem_of(program.get("/api/v1/organisms/"), 404)["detail"]
