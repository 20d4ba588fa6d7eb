"""What people say about themselves."""

from typing import Any

import pytest
from django.test import Client

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, User
from tenants.permissions import NotAllowed
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
NAME = "/accounts/name/"


def test_a_name_is_chosen(browser: Browser, bob: User) -> None:
    answer = browser(bob).post(NAME, {"name": " Bob Weber "}, follow=True)

    bob.refresh_from_db()
    assert bob.name == "Bob Weber"
    assert "Saved: Bob Weber." in answer.content.decode()
    assert AuditEvent.objects.get(verb="user.renamed").before == {"name": "Bob"}


def test_without_a_name_the_address_stands(browser: Browser, bob: User) -> None:
    browser(bob).post(NAME, {"name": ""})

    bob.refresh_from_db()
    assert str(bob) == "bob@example.com"


def test_a_bad_name_is_told(browser: Browser, bob: User) -> None:
    answer = browser(bob).post(NAME, {"name": "B\u0085ob"})

    assert answer.status_code == 422
    assert "name" in answer.context["form"].errors


def test_nobody_names_somebody_else(as_ada: Actor, bob: User) -> None:
    with pytest.raises(NotAllowed, match="people name themselves only"):
        services.rename_user(bob, name="Robert", actor=as_ada)


def test_no_confirmation_is_offered_where_no_mail_is_sent(browser: Browser, bob: User) -> None:
    page = browser(bob).get("/accounts/email/").content.decode()

    assert "E-mail addresses" in page
    assert "confirm" not in page


def test_mails_make_addresses_worth_confirming(browser: Browser, bob: User, settings: Any) -> None:
    settings.EMAIL_URL = "smtp://mail.example.com"

    page = browser(bob).get("/accounts/email/").content.decode()

    assert "Not confirmed" in page
    assert "Send the confirmation again" in page


def test_signing_up_says_in_one_line_what_a_password_needs(client: Client) -> None:
    page = client.get("/accounts/signup/").content.decode()

    assert "At least 10 characters" in page
    assert "<ul>" not in page


def test_signing_out_asks_in_our_words(browser: Browser, bob: User) -> None:
    page = browser(bob).get("/accounts/logout/").content.decode()

    assert "<h1>Sign out</h1>" in page
    assert "Sign Out" not in page
