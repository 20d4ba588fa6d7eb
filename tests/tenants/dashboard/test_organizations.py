"""Organizations and projects on their pages."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import ACME, SHOP, QueryCount

pytestmark = pytest.mark.django_db
FIRST = {"name": "Initech", "slug": "initech", "project_name": "TPS reports", "project_key": "tps"}


def test_a_newcomer_founds_an_organization_and_gets_started(browser: Browser, charlie: User) -> None:
    answer = browser(charlie).post("/organizations/", FIRST)

    assert answer["Location"] == "/organizations/initech/projects/tps/start/"
    assert Environment.objects.filter(project__key="tps").count() == 3


def test_what_is_wrong_stands_at_its_field(browser: Browser, charlie: User) -> None:
    answer = browser(charlie).post("/organizations/", FIRST | {"slug": "In i tech", "project_key": "-"})

    form = answer.context["form"]
    assert answer.status_code == 422
    assert set(form.errors) == {"slug", "project_key"}
    assert 'value="In i tech"' in answer.content.decode()


def test_a_taken_slug_is_told_at_the_slug(browser: Browser, charlie: User, acme: Organization) -> None:
    answer = browser(charlie).post("/organizations/", FIRST | {"slug": "acme"})

    assert answer.context["form"].errors["slug"] == ['"acme" exists already.']


def test_projects_are_listed_with_their_environments(browser: Browser, vera: User, production: Environment) -> None:
    page = browser(vera).get(ACME).content.decode()

    assert "Production" in page
    assert "New project" not in page


def test_an_admin_sets_up_a_project(browser: Browser, ada: User) -> None:
    answer = browser(ada).post(f"{ACME}projects/", {"name": "Blog", "key": "blog"})

    assert answer["Location"] == f"{ACME}projects/blog/start/"
    assert Environment.objects.filter(project__key="blog", is_protected=True).get().key == "production"


@pytest.mark.parametrize("address", [f"{ACME}projects/", f"{ACME}delete/", f"{SHOP}delete/"])
def test_a_member_neither_sets_up_nor_deletes(address: str, browser: Browser, bob: User, shop: Project) -> None:
    answer = browser(bob).get(address)

    assert answer.status_code == 403
    assert browser(bob).post(address, {"name": "x", "key": "shop"}).status_code == 403


@pytest.mark.parametrize("address", [f"{ACME}settings/", SHOP])
def test_a_place_is_renamed(address: str, browser: Browser, ada: User, shop: Project) -> None:
    answer = browser(ada).post(address, {"name": "Brand new", "comment": "Rebranding"}, follow=True)

    assert "Saved: Brand new." in answer.content.decode()


@pytest.mark.parametrize("address", [f"{ACME}settings/", SHOP])
def test_who_may_not_rename_is_told_why(address: str, browser: Browser, vera: User, shop: Project) -> None:
    page = browser(vera).get(address).content.decode()

    assert "It takes the role admin to change anything here. You are viewer." in page
    assert browser(vera).post(address, {"name": "Mine"}).status_code == 403


def test_deleting_takes_the_key(browser: Browser, alice: User, shop: Project) -> None:
    answer = browser(alice).post(f"{SHOP}delete/", {"key": "sho"})

    assert "Type shop to confirm" in answer.content.decode()
    assert "That is not shop. Nothing was deleted." in answer.content.decode()
    assert Project.objects.filter(key="shop").exists()


def test_a_deleted_project_comes_back(browser: Browser, ada: User, shop: Project) -> None:
    client = browser(ada)

    assert client.post(f"{SHOP}delete/", {"key": "shop", "comment": "Gone"})["Location"] == ACME
    assert "Deleted projects" in client.get(ACME).content.decode()
    assert client.post(f"{SHOP}undelete/")["Location"] == ACME
    assert Project.objects.get(key="shop") == shop


def test_a_deleted_organization_comes_back(browser: Browser, alice: User, acme: Organization) -> None:
    client = browser(alice)

    assert client.post(f"{ACME}delete/", {"key": "acme"})["Location"] == "/organizations/"
    assert "Deleted organizations" in client.get("/organizations/").content.decode()
    assert client.post(f"{ACME}undelete/")["Location"] == ACME
    assert Organization.objects.get() == acme


def test_nobody_else_brings_back(
    browser: Browser, bob: User, charlie: User, acme: Organization, shop: Project, as_alice: Actor
) -> None:
    services.delete_project(shop, actor=as_alice)

    assert browser(bob).post(f"{SHOP}undelete/").status_code == 404
    services.delete_organization(acme, actor=as_alice)
    assert browser(charlie).post(f"{ACME}undelete/").status_code == 404
    assert "Deleted organizations" not in browser(charlie).get("/organizations/").content.decode()


def test_the_page_asks_as_often_for_many_projects(
    browser: Browser, alice: User, production: Environment, as_alice: Actor, query_count: QueryCount
) -> None:
    few = query_count(browser(alice), ACME)
    for number in range(10):
        services.set_up_project(production.organization, key=f"p{number}", name="P", actor=as_alice)

    assert query_count(browser(alice), ACME) == few
