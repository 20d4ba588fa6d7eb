"""Members and invitations on their pages."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Invitation, Membership, Organization, User
from tenants.permissions import actor_of
from tenants.roles import Role
from tests.conftest import PASSWORD, Browser
from tests.tenants.dashboard.conftest import ACME, QueryCount

pytestmark = pytest.mark.django_db
MEMBERS = f"{ACME}members/"


def addition(organization: Organization, email: str, role: Role = Role.MEMBER) -> dict[str, str]:
    return {"email": email, "role": str(role.value), "place": organization.id}


def test_who_verified_the_address_is_in_at_once(
    browser: Browser, ada: User, acme: Organization, verified: User
) -> None:
    answer = browser(ada).post(MEMBERS, addition(acme, "Charlie@example.com"))

    assert answer["Location"] == MEMBERS
    assert actor_of(verified).grants == {("organization", acme.id): (Role.MEMBER,)}


def test_an_account_whose_address_nobody_verified_is_invited(
    browser: Browser, ada: User, acme: Organization, charlie: User
) -> None:
    EmailAddress.objects.create(user=charlie, email=charlie.email, verified=False, primary=True)

    page = browser(ada).post(MEMBERS, addition(acme, "charlie@example.com"))

    assert "/invitations/" in page.context["link"]
    assert not actor_of(charlie).grants


def test_somebody_is_let_into_one_environment(
    browser: Browser, ada: User, acme: Organization, production: Environment, verified: User
) -> None:
    browser(ada).post(MEMBERS, addition(acme, "charlie@example.com") | {"place": production.id})

    assert actor_of(verified).grants == {("environment", production.id): (Role.MEMBER,)}
    assert "Shop / Production: member" in browser(ada).get(MEMBERS).content.decode()


def test_an_unknown_address_is_invited_by_a_link_and_joins(browser: Browser, ada: User, acme: Organization) -> None:
    page = browser(ada).post(MEMBERS, addition(acme, "mona@example.com"))
    link = page.context["link"].removeprefix("http://127.0.0.1:8000")
    mona = Client()

    assert link in mail.outbox[0].body
    assert "This server sends no mail: hand the link over yourself." in page.content.decode()
    assert link not in browser(ada).get(MEMBERS).content.decode()
    login = mona.get(link)["Location"]
    mona.post(login.replace("login", "signup"), {"email": "mona@example.com", "password1": PASSWORD})
    assert "Join Acme" in mona.get(link).content.decode()
    assert mona.post(link)["Location"] == ACME
    assert Membership.objects.filter(user__email="mona@example.com").exists()
    assert mona.get(link).status_code == 404


def test_the_link_is_for_the_invited_alone(browser: Browser, as_ada: Actor, acme: Organization, charlie: User) -> None:
    _, secret = services.invite(acme, email="mona@example.com", role=Role.MEMBER, actor=as_ada)

    page = browser(charlie).get(f"/invitations/{secret}/").content.decode()

    assert "It is for" in page
    assert "Join Acme" not in page
    assert browser(charlie).post(f"/invitations/{secret}/").status_code == 403


def test_an_invitation_is_revoked(browser: Browser, ada: User, acme: Organization) -> None:
    browser(ada).post(MEMBERS, addition(acme, "mona@example.com"))

    browser(ada).post(f"{ACME}invitations/{Invitation.objects.get().id}/revoke/")

    assert not Invitation.objects.exists()


def test_an_admin_of_one_project_revokes_the_invitations_to_it(
    browser: Browser, as_ada: Actor, acme: Organization, production: Environment, vera: User
) -> None:
    services.set_role(production.project, user=vera, role=Role.ADMIN, actor=as_ada)
    theirs, _ = services.invite(production, email="mona@example.com", role=Role.VIEWER, actor=as_ada)
    wider, _ = services.invite(acme, email="nick@example.com", role=Role.VIEWER, actor=as_ada)
    client = browser(vera)

    page = client.get(MEMBERS).content.decode()
    answers = [client.post(f"{ACME}invitations/{one.id}/revoke/").status_code for one in (theirs, wider)]

    assert ("mona@example.com" in page, "nick@example.com" in page) == (True, False)
    assert answers == [302, 404]
    assert Invitation.objects.get() == wider


@pytest.mark.parametrize(
    ("email", "complaint"),
    [("mona", "Enter a valid email address."), ("bob@example.com", "bob@example.com is a member of Acme already.")],
)
def test_what_is_wrong_with_an_address_stands_there(
    email: str, complaint: str, browser: Browser, ada: User, bob: User, acme: Organization
) -> None:
    answer = browser(ada).post(MEMBERS, addition(acme, email))

    assert answer.context["form"].errors["email"] == [complaint]


def test_an_admin_is_not_offered_to_make_owners(browser: Browser, ada: User, acme: Organization) -> None:
    answer = browser(ada).post(MEMBERS, addition(acme, "mona@example.com", Role.OWNER))

    assert answer.status_code == 422
    assert "role" in answer.context["form"].errors
    assert not Invitation.objects.exists()


def test_a_role_is_given_and_taken(
    browser: Browser, ada: User, bob: User, acme: Organization, production: Environment
) -> None:
    client, page = browser(ada), f"{MEMBERS}{bob.id}/"

    client.post(page, {"place": production.id, "role": Role.ADMIN.value})
    client.post(page, {"place": acme.id, "role": ""})

    assert actor_of(bob).grants == {("environment", production.id): (Role.ADMIN,)}


def test_a_member_is_removed(browser: Browser, ada: User, bob: User) -> None:
    assert "Remove Bob from Acme" in browser(ada).get(f"{MEMBERS}{bob.id}/remove/").content.decode()
    browser(ada).post(f"{MEMBERS}{bob.id}/remove/", {"comment": "Moved on"})

    assert not Membership.objects.filter(user=bob).exists()


def test_everybody_may_leave(browser: Browser, vera: User) -> None:
    answer = browser(vera).post(f"{MEMBERS}{vera.id}/remove/")

    assert answer["Location"] == "/"
    assert not Membership.objects.filter(user=vera).exists()


def test_the_last_owner_is_told_to_make_another_first(browser: Browser, alice: User, acme: Organization) -> None:
    answer = browser(alice).post(f"{MEMBERS}{alice.id}/remove/")

    assert answer.status_code == 422
    assert "make somebody else an owner first" in answer.content.decode()


def test_a_member_changes_nobody(browser: Browser, bob: User, vera: User, acme: Organization) -> None:
    client = browser(bob)

    assert "Add somebody" not in client.get(MEMBERS).content.decode()
    assert client.post(f"{MEMBERS}{vera.id}/remove/").status_code == 403
    assert client.post(MEMBERS, addition(acme, "mona@example.com")).status_code == 422
    assert client.post(f"{MEMBERS}{vera.id}/", {"place": acme.id, "role": Role.ADMIN.value}).status_code == 422


def test_who_sees_one_project_alone_does_not_see_the_people(
    browser: Browser, charlie: User, acme: Organization, production: Environment, system: Actor
) -> None:
    services.add_member(acme, user=charlie, role=Role.ADMIN, scope=production.project, actor=system)

    assert browser(charlie).get(MEMBERS).status_code == 404


def test_the_page_asks_as_often_for_many_members(
    browser: Browser, alice: User, acme: Organization, production: Environment, system: Actor, query_count: QueryCount
) -> None:
    few = query_count(browser(alice), MEMBERS)
    for number in range(15):
        user = User.objects.create_user(f"user{number}@example.com")
        services.add_member(acme, user=user, role=Role.VIEWER, actor=system)
        services.set_role(production, user=user, role=Role.MEMBER, actor=system)
        services.invite(acme, email=f"guest{number}@example.com", role=Role.VIEWER, actor=system)

    assert query_count(browser(alice), MEMBERS) == few


def test_people_are_found_page_by_page_and_by_a_part_of_their_name(
    browser: Browser, ada: User, acme: Organization
) -> None:
    people = [User(email=f"person{number:02}@example.com", name=f"Person {number:02}") for number in range(30)]
    User.objects.bulk_create(people)
    Membership.objects.bulk_create(Membership(organization=acme, user=person) for person in people)
    there = Membership.objects.filter(organization=acme).count()

    def found(query: str) -> list[str]:
        return [member.user.email for member, _, _ in browser(ada).get(f"{MEMBERS}?{query}").context["people"]]

    assert len(found("")) == len(set(found("")) - set(found("page=2"))) == 25
    assert len(found("page=2")) == there - 25
    assert found("search=SON+07") == found("search=person07%40") == ["person07@example.com"]
    assert found("search=%00nobody") == []
    page = browser(ada).get(f"{MEMBERS}?search=nobody").content.decode()
    assert "Nobody is called like that" in page
    assert 'value="nobody"' in page
