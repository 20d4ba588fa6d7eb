"""Before any page: who looks, what comes back after a login, and how refusals read."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from tenants import services
from tenants.actors import Actor
from tenants.dashboard.signing_in import LONGEST_KEPT, PERSON_COOKIE
from tenants.models import Environment, Organization, Project, User
from tenants.roles import Role
from tests.conftest import PASSWORD, Browser
from tests.tenants.dashboard.conftest import ACME, SHOP

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PAGES = [
    ACME,
    f"{ACME}settings/",
    f"{ACME}projects/",
    f"{ACME}members/",
    f"{ACME}keys/",
    f"{ACME}limits/",
    f"{ACME}audit/",
    SHOP,
    f"{SHOP}start/",
    f"{SHOP}environments/",
    f"{SHOP}environments/production/",
    f"{SHOP}keys/",
    f"{SHOP}keys/new/",
    f"{SHOP}audit/",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_opens_for_the_owner(address: str, browser: Browser, alice: User, production: Environment) -> None:
    answer = browser(alice).get(address)

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "script-src 'self';" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("address", PAGES)
def test_strangers_sign_in_first_and_come_back(address: str, client: Client, production: Environment) -> None:
    assert client.get(f"{address}?a=1")["Location"] == f"/accounts/login/?next={address.replace('/', '%2F')}%3Fa%3D1"
    assert client.post(address)["Location"] == f"/accounts/login/?next={address.replace('/', '%2F')}"


@pytest.mark.parametrize("address", PAGES)
def test_an_outsider_finds_what_is_not_there(
    address: str, browser: Browser, charlie: User, globex: Organization, production: Environment
) -> None:
    there = browser(charlie).get(address)
    nowhere = browser(charlie).get(address.replace("acme", "acne"))

    assert there.status_code == nowhere.status_code == 404
    assert "Acme" not in there.content.decode()


@pytest.fixture
def signed_out(browser: Browser, alice: User, shop: Project) -> Any:
    """Alice's browser, whose session ended while she looked at the shop."""
    client = browser(alice)
    client.get(SHOP)
    del client.cookies["sessionid"]
    return client


def test_what_was_typed_comes_back_after_the_login(signed_out: Any) -> None:
    sent = signed_out.post(SHOP, {"name": "Brand new"}, HTTP_REFERER=f"http://testserver{SHOP}")

    back = signed_out.post(sent["Location"], {"login": "alice@example.com", "password": PASSWORD}, follow=True)

    assert back.request["PATH_INFO"] == SHOP
    assert 'value="Brand new"' in back.content.decode()
    assert 'value="Brand new"' not in signed_out.get(SHOP).content.decode()


def test_what_was_typed_reaches_nobody_else(signed_out: Any, ada: User, alice: User) -> None:
    signed_out.post(SHOP, {"name": "Brand new"}, HTTP_REFERER=f"http://testserver{SHOP}")
    signed_out.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")

    page = signed_out.get(SHOP)

    assert "Brand new" not in page.content.decode()
    assert "unsent" not in signed_out.session


@pytest.mark.parametrize("cookie", ["", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAV:1abc:forged"])
def test_who_was_never_signed_in_stores_nothing(cookie: str, client: Client, shop: Project) -> None:
    client.cookies[PERSON_COOKIE] = cookie

    client.post(SHOP, {"name": "Brand new"})

    assert not Session.objects.exists()


def test_a_very_long_form_is_not_kept(signed_out: Any) -> None:
    signed_out.post(SHOP, {"name": "x" * LONGEST_KEPT})

    assert "unsent" not in signed_out.session


def test_a_browser_is_told_once_who_is_signed_in(browser: Browser, alice: User, ada: User, shop: Project) -> None:
    client = browser(alice)
    first, second = client.get(SHOP), client.get(SHOP)
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    third = client.get(SHOP)

    cookie = first.cookies[PERSON_COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert PERSON_COOKIE not in second.cookies
    assert third.cookies[PERSON_COOKIE].value.startswith(ada.pk)


def test_a_part_leads_the_whole_page_to_the_login(client: Client, shop: Project) -> None:
    answer = client.post(SHOP, {"name": "Brand new"}, headers=HTMX)

    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/accounts/login/?next={SHOP.replace('/', '%2F')}")


def test_passwords_are_not_kept(signed_out: Any) -> None:
    signed_out.post(SHOP, {"name": "Brand new", "password": PASSWORD})

    assert "unsent" not in signed_out.session


def test_a_refusal_says_what_it_takes(browser: Browser, bob: User, shop: Project) -> None:
    page = browser(bob).post(SHOP, {"name": "Mine"})
    part = browser(bob).post(SHOP, {"name": "Mine"}, headers=HTMX)

    assert page.status_code == part.status_code == 403
    assert "it takes the role admin there" in page.content.decode()
    assert 'id="toasts"' in part.content.decode()
    assert part["HX-Reswap"] == "none"


def test_a_part_of_what_is_gone_is_a_toast(browser: Browser, alice: User, acme: Organization) -> None:
    answer = browser(alice).get(SHOP, headers=HTMX)

    assert "It is not there any more" in answer.content.decode()


def test_a_theme_is_kept_in_the_browser(browser: Browser, alice: User, acme: Organization) -> None:
    client = browser(alice)

    assert client.post("/theme/", {"theme": "dark", "back": ACME})["Location"] == ACME
    assert 'data-theme="dark"' in client.get(ACME).content.decode()
    assert 'data-theme="dark"' in client.get("/nowhere/").content.decode()
    assert client.post("/theme/", {"theme": "", "back": "https://evil.example/"})["Location"] == "/"
    assert "data-theme" not in client.get(ACME).content.decode()


def test_the_start_leads_to_where_one_was(
    browser: Browser, alice: User, shop: Project, acme: Organization, system: Actor
) -> None:
    services.create_project(acme, key="blog", name="Blog", actor=system)
    client = browser(alice)

    assert client.get("/")["Location"] == f"{ACME}projects/blog/flags/"
    client.get(SHOP)
    assert client.get("/")["Location"] == f"{SHOP}flags/"


def test_the_start_leads_who_has_nothing_to_founding(browser: Browser, charlie: User) -> None:
    assert browser(charlie).get("/")["Location"] == "/organizations/"


def test_who_sees_one_environment_sees_its_project_alone(
    browser: Browser,
    charlie: User,
    acme: Organization,
    production: Environment,
    development: Environment,
    system: Actor,
) -> None:
    services.add_member(acme, user=charlie, role=Role.VIEWER, scope=production, actor=system)
    page = browser(charlie).get(f"{SHOP}environments/").content.decode()

    assert "Production" in page
    assert "Development" not in page


def test_who_signs_up_instead_comes_back_too(client: Client, acme: Organization) -> None:
    login = client.get(client.get(ACME)["Location"])

    assert "/accounts/signup/?next=%2Forganizations%2Facme%2F" in login.content.decode()


@pytest.mark.parametrize(("email_url", "is_told"), [("", True), ("smtp://mail.example.com", False)])
def test_without_a_mail_server_one_is_told_where_mails_lie(
    email_url: str, is_told: bool, client: Client, settings: Settings
) -> None:
    settings.EMAIL_URL = email_url

    page = client.post("/accounts/password/reset/", {"email": "mona@example.com"}, follow=True).content.decode()

    assert ("This server sends no mail" in page) == is_told
