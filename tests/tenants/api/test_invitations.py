"""Invitations by the API: the link is shown and mailed once."""

import pytest
from django.core import mail

from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Invitation, Organization, User
from tenants.roles import Role
from tests.tenants.api.conftest import ACME, Caller, paths_of, person, problem_of, token_of

pytestmark = pytest.mark.django_db

INVITATIONS = f"{ACME}/invitations/"
MONA = {"email": "mona@example.com", "role": "member"}


def test_a_link_is_in_the_answer_to_its_creation_alone(program: Caller) -> None:
    made = program.post(INVITATIONS, MONA | {"comment": "The new colleague"})

    assert made.status_code == 201
    assert "/invitations/" in made.json()["link"]
    assert made.json()["link"] in mail.outbox[0].body
    assert program.get(made["Location"]).json() == made.json() | {"link": None}
    assert program.get(INVITATIONS).json()["results"] == [made.json() | {"link": None}]


def test_an_invitation_to_an_environment_says_so(program: Caller, production: Environment) -> None:
    made = program.post(INVITATIONS, MONA | {"project": "shop", "environment": "production"}).json()

    assert (made["project"], made["environment"]) == ("shop", "production")


def test_a_repeated_request_shows_no_link_again(program: Caller) -> None:
    first = program.post(INVITATIONS, MONA, headers={"Idempotency-Key": "a1"})
    again = program.post(INVITATIONS, MONA, headers={"Idempotency-Key": "a1"})

    assert again.json() == first.json() | {"link": None}
    assert len(mail.outbox) == Invitation.objects.count() == 1


def test_a_deleted_invitation_is_revoked(program: Caller) -> None:
    made = program.post(INVITATIONS, MONA)

    assert program.delete(made["Location"]).status_code == 204
    problem_of(program.get(made["Location"]), 404)


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["email", "role"]),
        (MONA | {"role": "king"}, ["role"]),
        (MONA | {"email": "mona"}, ["email"]),
        (MONA | {"project": "nowhere"}, ["project"]),
        (MONA | {"environment": "production"}, ["project"]),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, str], paths: list[str], program: Caller) -> None:
    assert paths_of(problem_of(program.post(INVITATIONS, body), 400)) == paths


def test_members_are_not_invited_again(program: Caller, bob: User) -> None:
    problem_of(program.post(INVITATIONS, MONA | {"email": "bob@example.com"}), 409, "conflict")


def test_a_member_neither_invites_nor_sees_invitations(program: Caller, bob: User) -> None:
    made = program.post(INVITATIONS, MONA)

    problem_of(person(bob).post(INVITATIONS, MONA), 403)
    problem_of(person(bob).get(made["Location"]), 404)
    assert person(bob).get(INVITATIONS).json()["results"] == []


def test_an_admins_token_invites_no_owner(acme: Organization, system: Actor) -> None:
    _, secret = services.create_api_key(kind="token", scope=acme, name="ci", role=Role.ADMIN, actor=system)

    problem_of(token_of(secret).post(INVITATIONS, MONA | {"role": "owner"}), 403)
