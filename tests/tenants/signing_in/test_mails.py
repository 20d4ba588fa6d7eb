"""Mails through a real SMTP server: an address is verified, a password forgotten, an address changed."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from tenants.models import User
from tests.conftest import PASSWORD
from tests.tenants.conftest import Postbox

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "quite another password"


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def sign_in(email: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": password})
    return client


def verified(email: str, postbox: Postbox) -> User:
    Client().post("/accounts/signup/", {"email": email, "password1": PASSWORD})
    Client().post(postbox.link_to(email))
    user: User = User.objects.get(email=email)
    return user


def test_whoever_signs_up_gets_in_by_the_link_in_the_mail_alone(postbox: Postbox) -> None:
    client = Client()
    asked = client.post("/accounts/signup/", {"email": "mona@example.com", "password1": PASSWORD})
    assert asked["Location"] == "/accounts/confirm-email/"
    assert not is_signed_in(sign_in("mona@example.com"))

    client.get(postbox.link_to("mona@example.com"))
    assert not EmailAddress.objects.get().verified  # whoever opens links before their reader confirms nothing
    client.post(postbox.link_to("mona@example.com"))

    assert EmailAddress.objects.get().verified
    assert is_signed_in(sign_in("mona@example.com"))


def test_a_link_that_was_made_up_verifies_nothing(postbox: Postbox) -> None:
    Client().post("/accounts/signup/", {"email": "mona@example.com", "password1": PASSWORD})

    answer = Client().post(postbox.link_to("mona@example.com")[:-3] + "xx/")

    assert answer.status_code == 404
    assert not EmailAddress.objects.get().verified


def test_a_forgotten_password_is_set_anew_by_the_link_once(postbox: Postbox) -> None:
    verified("mona@example.com", postbox)
    Client().post("/accounts/password/reset/", {"email": "mona@example.com"})
    link, new = postbox.link_to("mona@example.com"), {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client, again = Client(), Client()

    client.post(client.get(link)["Location"], new)
    page = again.get(link).content.decode()

    assert is_signed_in(sign_in("mona@example.com", NEW_PASSWORD))
    assert not is_signed_in(sign_in("mona@example.com"))
    assert "Bad Token" in page or "no longer works" in page


def test_whoever_has_no_account_is_told_so_in_a_mail(postbox: Postbox) -> None:
    Client().post("/accounts/password/reset/", {"email": "nobody@example.com"})

    ((recipients, text),) = postbox.mails
    assert recipients == ["nobody@example.com"]
    assert "/password/reset/key/" not in text


def test_an_address_is_changed_by_who_reads_the_mail_at_the_new_one(postbox: Postbox) -> None:
    mona = verified("mona@example.com", postbox)
    client = sign_in("mona@example.com")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    client.post("/accounts/email/", {"email": "rao@example.com", "action_add": ""})
    early = client.post("/accounts/email/", {"email": "rao@example.com", "action_primary": ""}, follow=True)
    mona.refresh_from_db()
    assert (mona.email, early.status_code) == ("mona@example.com", 200)
    client.post(postbox.link_to("rao@example.com"))
    client.post("/accounts/email/", {"email": "rao@example.com", "action_primary": ""})
    client.post("/accounts/email/", {"email": "mona@example.com", "action_remove": ""})

    mona.refresh_from_db()
    assert mona.email == "rao@example.com"
    assert is_signed_in(sign_in("rao@example.com"))
    assert not is_signed_in(sign_in("mona@example.com"))


def test_a_session_alone_changes_no_address(postbox: Postbox) -> None:
    verified("mona@example.com", postbox)

    answer = sign_in("mona@example.com").post("/accounts/email/", {"email": "rao@example.com", "action_add": ""})

    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email="rao@example.com").exists()
