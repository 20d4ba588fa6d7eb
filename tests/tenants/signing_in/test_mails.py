"""Mails through a real SMTP server: an address is verified, a password forgotten, an address changed."""

import asyncio
import re
import time
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from allauth.account.models import EmailAddress
from django.test import Client

from flagforge.settings import env
from script.places import free_port
from tenants.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "quite another password"


class Postbox:
    """Keeps what comes: to whom, and what it says."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's word)
        message = message_from_bytes(envelope.original_content or b"")
        body: Any = message.get_payload(decode=True)
        self.mails.append((list(envelope.rcpt_tos), f"{message['Subject']}\n{body.decode()}"))
        return "250 OK"

    def link_to(self, recipient: str) -> str:
        """The link in the newest mail to somebody."""
        text = next(text for recipients, text in reversed(self.mails) if recipients == [recipient])
        found = re.search(r"http://testserver(/\S+)", text)
        assert found, text
        return found[1]


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """Behind an SMTP server, with the settings that `EMAIL_URL` makes."""
    postbox = Postbox()
    port = free_port()
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{port}"
    server = env.mail_server(settings.EMAIL_URL)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.MFA_ALLOW_UNVERIFIED_EMAIL = False
    yield postbox
    _wait_until_all_have_left(controller)
    controller.stop()


def _wait_until_all_have_left(controller: Controller) -> None:
    """It ends its loop in the middle of what that does, and a connection that is being closed then stays open."""
    deadline = time.monotonic() + 5
    while asyncio.all_tasks(controller.loop) and time.monotonic() < deadline:
        time.sleep(0.01)


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
