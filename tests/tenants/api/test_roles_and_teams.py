"""Roles of an organization's own, and teams, by the management API."""

import pytest

from tenants.models import Environment, Organization, Project, User
from tenants.permissions import actor_of, allowed
from tests.tenants.api.conftest import ACME, Caller, person

pytestmark = pytest.mark.django_db


def test_a_role_is_made_given_edited_and_deleted(program: Caller, acme: Organization, vera: User) -> None:
    made = program.post(f"{ACME}/roles/", {"key": "on-call", "verbs": ["flag.kill"], "comment": "nights"})

    assert made.status_code == 201
    assert made["Location"] == f"{ACME}/roles/on-call"
    assert made.json()["name"] == "on-call"
    assert "flag.kill" in made.json()["verbs"]
    assert "flag.view" in made.json()["verbs"]
    assert program.put(f"{ACME}/members/{vera.id}", {"role": "on-call"}).json()["role"] == "on-call"
    assert allowed(actor_of(vera), "flag.kill", acme)
    edited = program.patch(f"{ACME}/roles/on-call", {"name": "On call", "verbs": ["audit.view"]})
    assert edited.json() == program.get(f"{ACME}/roles/on-call").json()
    assert not allowed(actor_of(vera), "flag.kill", acme)
    assert program.get(f"{ACME}/roles/").json()["results"] == [edited.json()]
    assert program.delete(f"{ACME}/roles/on-call?comment=over").status_code == 204
    assert program.get(f"{ACME}/roles/on-call").status_code == 404
    assert program.get(f"{ACME}/members/{vera.id}").json()["role"] is None


def test_a_token_acts_with_a_role_of_the_organization(program: Caller, acme: Organization) -> None:
    program.post(f"{ACME}/roles/", {"key": "auditor", "verbs": ["audit.view"]})

    made = program.post(f"{ACME}/keys/", {"kind": "token", "name": "siem", "role": "auditor"})

    assert made.json()["role"] == "auditor"
    token = Caller(Authorization=f"Bearer {made.json()['secret']}")
    assert token.get(f"{ACME}/audit/").status_code == 200
    assert token.post(f"{ACME}/projects/", {"key": "new"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"key": "boss", "verbs": ["owner.edit"]}, "verbs[0]"),
        ({"key": "boss", "verbs": [["flag.view"]]}, "verbs[0]"),
        ({"key": "admin", "verbs": []}, "key"),
        ({"verbs": []}, "key"),
        ({"key": "boss", "verbs": "all"}, "verbs"),
    ],
)
def test_a_role_that_cannot_be_is_refused(body: object, path: str, program: Caller, acme: Organization) -> None:
    refused = program.post(f"{ACME}/roles/", body)

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["path"] == path


def test_a_team_gets_people_and_roles(program: Caller, vera: User, shop: Project, production: Environment) -> None:
    made = program.post(f"{ACME}/teams/", {"key": "payments", "name": "Payments"})
    payments = f"{ACME}/teams/payments"

    assert made.status_code == 201
    assert made["Location"] == payments
    program.put(f"{payments}/role", {"role": "viewer"})
    program.put(f"{payments}/role", {"role": "member", "project": "shop", "environment": "production"})
    joined = program.put(f"{payments}/members/{vera.id}", {})
    assert [one["id"] for one in joined.json()["members"]] == [vera.id]
    assert joined.json()["roles"] == [
        {"role": "viewer", "project": None, "environment": None},
        {"role": "member", "project": "shop", "environment": "production"},
    ]
    assert allowed(actor_of(vera), "flag.toggle", production)
    assert program.delete(f"{payments}/role?project=shop&environment=production").status_code == 204
    assert program.patch(payments, {"name": "Money"}).json()["name"] == "Money"
    assert program.get(f"{ACME}/teams/").json()["results"] == [program.get(payments).json()]
    assert program.delete(f"{payments}/members/{vera.id}").status_code == 204
    assert program.get(payments).json()["members"] == []
    assert program.delete(payments).status_code == 204
    assert program.get(payments).status_code == 404


def test_a_team_owns_nothing_and_strangers_join_none(program: Caller, acme: Organization, charlie: User) -> None:
    program.post(f"{ACME}/teams/", {"key": "payments"})

    assert program.put(f"{ACME}/teams/payments/role", {"role": "owner"}).status_code == 403
    assert program.put(f"{ACME}/teams/payments/role", {"role": "nobody"}).status_code == 400
    assert program.put(f"{ACME}/teams/payments/members/{charlie.id}", {}).status_code == 404
    assert program.put(f"{ACME}/teams/unknown/members/{charlie.id}", {}).status_code == 404


def test_viewers_see_roles_and_teams_and_change_none(program: Caller, acme: Organization, vera: User) -> None:
    program.post(f"{ACME}/roles/", {"key": "on-call", "verbs": ["flag.kill"]})
    program.post(f"{ACME}/teams/", {"key": "payments"})

    as_vera = person(vera)

    assert len(as_vera.get(f"{ACME}/roles/").json()["results"]) == 1
    assert len(as_vera.get(f"{ACME}/teams/").json()["results"]) == 1
    for refused in (
        as_vera.post(f"{ACME}/roles/", {"key": "more", "verbs": []}),
        as_vera.patch(f"{ACME}/roles/on-call", {"name": "x"}),
        as_vera.delete(f"{ACME}/roles/on-call"),
        as_vera.post(f"{ACME}/teams/", {"key": "more"}),
        as_vera.patch(f"{ACME}/teams/payments", {"name": "x"}),
        as_vera.delete(f"{ACME}/teams/payments"),
        as_vera.put(f"{ACME}/teams/payments/role", {"role": "viewer"}),
        as_vera.delete(f"{ACME}/teams/payments/role"),
        as_vera.put(f"{ACME}/teams/payments/members/{vera.id}", {}),
        as_vera.delete(f"{ACME}/teams/payments/members/{vera.id}"),
    ):
        assert refused.status_code == 403, refused.content
