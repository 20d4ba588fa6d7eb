"""Sessions: listed, and all others ended."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tenants.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def signed_in(user: User, browser: str) -> Client:
    client = Client(headers={"User-Agent": browser})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def test_all_other_sessions_are_ended(alice: User) -> None:
    phone, laptop = signed_in(alice, "A phone"), signed_in(alice, "A laptop")
    page = laptop.get("/accounts/sessions/").content.decode()

    laptop.post("/accounts/sessions/")

    assert "A phone" in page
    assert phone.get("/organizations/").status_code == 302
    assert laptop.get("/organizations/").status_code == 200
    assert Session.objects.filter(session_key=laptop.session.session_key).exists()


def test_nobody_sees_the_sessions_of_others(alice: User, charlie: User) -> None:
    signed_in(alice, "A phone")

    assert "A phone" not in signed_in(charlie, "A laptop").get("/accounts/sessions/").content.decode()
