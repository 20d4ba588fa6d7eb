"""Members and roles by form: given and taken by the services, as far as one's own role goes."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Membership, Organization, Project, User
from tenants.permissions import roles_on
from tenants.roles import Role
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
MEMBERS = "/admin/tenants/membership/"


def test_admin_lets_somebody_in(browser: Browser, ada: User, verified: User, acme: Organization) -> None:
    form = {"organization": acme.pk, "email": " Charlie@example.com", "role": Role.VIEWER, "comment": "new here"}

    answer = browser(ada).post(f"{MEMBERS}add/", form)

    assert answer.status_code == 302
    assert roles_on(acme)[verified.pk] == Role.VIEWER
    assert AuditEvent.objects.filter(verb="member.added", comment="new here").count() == 1


@pytest.mark.parametrize("email", ["nobody@example.com", "charlie@example.com"])
def test_an_address_that_nobody_verified_keeps_what_was_typed(
    email: str, browser: Browser, ada: User, acme: Organization, charlie: User
) -> None:
    form = {"organization": acme.pk, "email": email, "role": Role.VIEWER}

    answer = browser(ada).post(f"{MEMBERS}add/", form)

    shown = answer.context["adminform"].form
    assert "Nobody has verified" in shown.errors["email"][0]
    assert shown["email"].value() == email


def test_nobody_makes_an_owner_who_is_none(browser: Browser, ada: User, bob: User, acme: Organization) -> None:
    membership = Membership.objects.get(user=bob)

    answer = browser(ada).post(f"{MEMBERS}{membership.pk}/change/", {"role": Role.OWNER})

    assert "may not do" in answer.context["adminform"].form.non_field_errors()[0]
    assert roles_on(acme)[bob.pk] == Role.MEMBER


def test_the_last_owner_stays(browser: Browser, alice: User, acme: Organization) -> None:
    membership = Membership.objects.get(user=alice)

    answer = browser(alice).post(f"{MEMBERS}{membership.pk}/delete/", {"confirmed": "yes"})

    assert "is the last owner" in answer.content.decode()
    assert Membership.objects.filter(user=alice).exists()


def test_a_role_on_one_environment_is_set_and_withdrawn(
    browser: Browser, ada: User, vera: User, production: Environment
) -> None:
    client, address = browser(ada), f"/admin/tenants/environment/{production.pk}"

    client.post(f"{address}/do/set_role/", {"confirmed": "yes", "user": vera.pk, "role": Role.MEMBER})
    page = client.get(f"{address}/change/").content.decode()
    held = roles_on(production)
    client.post(f"{address}/do/withdraw_role/", {"confirmed": "yes", "user": vera.pk})

    assert held == {vera.pk: Role.MEMBER}
    assert "Vera: member" in page
    assert roles_on(production) == {}


def test_people_of_others_cannot_be_chosen(
    browser: Browser, ada: User, charlie: User, globex: Organization, production: Environment
) -> None:
    address = f"/admin/tenants/environment/{production.pk}/do/set_role/"

    answer = browser(ada).post(address, {"confirmed": "yes", "user": charlie.pk, "role": Role.VIEWER})

    assert "user" in answer.context["form"].errors
    assert roles_on(production) == {}


def test_member_makes_no_project_and_admin_does(browser: Browser, ada: User, bob: User, acme: Organization) -> None:
    form = {"organization": acme.pk, "key": "app", "name": "App", "comment": ""}

    refused = browser(bob).post("/admin/tenants/project/add/", form)
    done = browser(ada).post("/admin/tenants/project/add/", form)

    assert (refused.status_code, done.status_code) == (403, 302)
    assert Project.objects.get().key == "app"
    assert AuditEvent.objects.filter(verb="project.created").count() == 1


def test_a_deleted_project_comes_back(browser: Browser, ada: User, shop: Project, as_ada: Actor) -> None:
    services.delete_project(shop, actor=as_ada)
    client = browser(ada)

    client.post(
        "/admin/tenants/project/?deleted=yes",
        {"action": "undelete", "_selected_action": shop.pk, "confirmed": "yes", "comment": "too early"},
    )

    assert Project.objects.filter(pk=shop.pk).exists()
    assert AuditEvent.objects.get(verb="project.undeleted").comment == "too early"


def test_everybody_founds_an_organization_and_owns_it(browser: Browser, vera: User) -> None:
    browser(vera).post("/admin/tenants/organization/add/", {"slug": "mine", "name": "Mine", "comment": ""})

    assert roles_on(Organization.objects.get(slug="mine")) == {vera.pk: Role.OWNER}
