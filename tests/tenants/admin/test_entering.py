"""Who may enter the admin, and how they come to the login and back."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants.models import User
from tests.conftest import Browser

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/admin/", "/admin/flags/flag/", "/admin/login/", "/admin/search/"])
def test_a_stranger_is_sent_to_the_one_login(address: str, client: Client) -> None:
    answer = client.get(address, follow=True)

    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=/admin/")
    assert answer.status_code == 200


def test_logging_in_leads_back_to_the_page_that_was_asked_for(client: Client, alice: User, acme: object) -> None:
    form = {"login": "alice@example.com", "password": "correct horse battery staple"}
    answer = client.post("/accounts/login/?next=/admin/flags/flag/", form)

    assert answer["Location"] == "/admin/flags/flag/"


def test_a_viewer_enters_without_being_staff(browser: Browser, vera: User) -> None:
    answer = browser(vera).get("/admin/")

    assert answer.status_code == 200
    assert not vera.is_staff


def test_the_overview_speaks_as_the_product_and_leads_back_to_it(browser: Browser, alice: User, acme: object) -> None:
    page = browser(alice).get("/admin/").content.decode()

    assert all(name in page for name in ("API keys", "Flag states", "Invitations"))
    assert re.search(r'<a href="/"[^>]*>\s*View site\s*</a>', page)


def test_staff_without_any_role_is_told_what_to_do(browser: Browser, charlie: User) -> None:
    User.objects.filter(pk=charlie.pk).update(is_staff=True)

    answer = browser(charlie).get("/admin/", follow=True)

    assert answer.status_code == 403
    assert "You belong to no organization yet" in answer.content.decode()


def test_who_was_removed_is_out_at_once(browser: Browser, vera: User) -> None:
    client = browser(vera)
    assert client.get("/admin/").status_code == 200

    User.objects.filter(pk=vera.pk).update(is_active=False)

    assert client.get("/admin/").status_code == 302


def test_nul_is_refused_before_anybody_looks_for_it(browser: Browser, vera: User) -> None:
    answer = browser(vera).get("/admin/flags/flag/", {"q": "a\0b"})

    assert answer.status_code == 400


@pytest.mark.parametrize("address", ["login", "signup", "password/reset"])
def test_pages_of_accounts_need_no_login(address: str, client: Client) -> None:
    answer = client.get(f"/accounts/{address}/")

    assert answer.status_code == 200
    assert "tenants/places.css" in answer.content.decode()


def test_logging_out_ends_the_session(browser: Browser, vera: User) -> None:
    client = browser(vera)

    answer = client.post("/admin/logout/")

    assert answer["Location"] == "/accounts/login/"
    assert client.get("/admin/").status_code == 302


def test_grants_are_fetched_once_a_page(browser: Browser, bob: User) -> None:
    client = browser(bob)

    with CaptureQueriesContext(connection) as captured:
        client.get("/admin/")

    asked = [query for query in captured.captured_queries if "guardian_userobjectpermission" in query["sql"]]
    assert len(asked) == 1
