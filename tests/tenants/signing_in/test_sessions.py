"""Sessions: listed with when they were last seen, ended one by one or all others, and by a new password."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tenants.models import AuditEvent, User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SESSIONS = "/accounts/sessions/"


def signed_in(user: User, browser: str) -> Client:
    client = Client(headers={"User-Agent": browser})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/organizations/").status_code == 200


def session_of(browser: str) -> UserSession:
    found: UserSession = UserSession.objects.get(user_agent=browser)
    return found


def test_all_other_sessions_are_ended(alice: User) -> None:
    phone, laptop = signed_in(alice, "A phone"), signed_in(alice, "A laptop")
    page = laptop.get(SESSIONS).content.decode()

    laptop.post(SESSIONS)

    assert "A phone" in page
    assert not is_signed_in(phone)
    assert is_signed_in(laptop)
    assert Session.objects.filter(session_key=laptop.session.session_key).exists()


def test_one_session_is_ended(alice: User) -> None:
    phone, tablet, laptop = (signed_in(alice, name) for name in ("A phone", "A tablet", "A laptop"))

    laptop.post(SESSIONS, {"session": session_of("A phone").pk})

    assert [is_signed_in(client) for client in (phone, tablet, laptop)] == [False, True, True]


def test_nobody_sees_or_ends_the_sessions_of_others(alice: User, charlie: User) -> None:
    phone, laptop = signed_in(alice, "A phone"), signed_in(charlie, "A laptop")

    answer = laptop.post(SESSIONS, {"session": session_of("A phone").pk})

    assert answer.status_code == 404
    assert "A phone" not in laptop.get(SESSIONS).content.decode()
    assert is_signed_in(phone)


@pytest.mark.parametrize("named", ["", "0", "x", "9" * 30])
def test_a_session_that_is_none_is_not_found(alice: User, named: str) -> None:
    assert signed_in(alice, "A laptop").post(SESSIONS, {"session": named}).status_code == 404


def test_when_it_was_last_seen_is_noted_every_few_minutes(alice: User) -> None:
    client = signed_in(alice, "A phone")
    long_ago = timezone.now() - timedelta(hours=3)
    UserSession.objects.update(last_seen_at=long_ago)

    client.get("/organizations/")
    noted = session_of("A phone").last_seen_at
    client.get("/organizations/", REMOTE_ADDR="198.51.100.7")

    assert noted > long_ago
    assert session_of("A phone").last_seen_at == noted
    assert "3 hours" not in client.get(SESSIONS).content.decode()


def test_a_new_password_ends_every_other_session(alice: User) -> None:
    phone, laptop = signed_in(alice, "A phone"), signed_in(alice, "A laptop")
    new = "quite another password"

    laptop.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert is_signed_in(laptop)
    assert not is_signed_in(phone)
    assert AuditEvent.objects.filter(verb="user.password_changed", actor_id=alice.pk).exists()


def test_a_session_lasts_two_weeks_at_most_without_being_used(alice: User) -> None:
    client = signed_in(alice, "A phone")
    row = Session.objects.get(session_key=client.session.session_key)

    assert timedelta(days=13) < row.expire_date - timezone.now() <= timedelta(days=14)
    assert client.cookies["sessionid"]["max-age"] == ""  # unless it is to be remembered, it ends with the browser
