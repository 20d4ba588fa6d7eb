"""A real SMTP server for whatever mails."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from flagforge.settings import env
from script.places import free_port


class Postbox:
    """Keeps what comes: to whom, and what it says. `answers` gives a server another answer than "250 OK"."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], Message]] = []
        self.answers: Callable[[list[str]], str] = lambda recipients: "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's word)
        answer = self.answers(envelope.rcpt_tos)
        if answer.startswith("250"):
            self.messages.append((list(envelope.rcpt_tos), message_from_bytes(envelope.original_content or b"")))
        return answer

    @property
    def mails(self) -> list[tuple[list[str], str]]:
        """To whom, and subject and text of each."""
        return [(recipients, f"{said['Subject']}\n{body_of(said, 'plain')}") for recipients, said in self.messages]

    def link_to(self, recipient: str) -> str:
        """The first link in the newest mail to somebody."""
        text = next(text for recipients, text in reversed(self.mails) if recipients == [recipient])
        found = re.search(r"https?://[^/\s]+(/\S+)", text)
        assert found, text
        return found[1]


def body_of(message: Message, kind: str) -> str:
    """Of a mail of one part, or the part of that kind."""
    parts = [part for part in message.walk() if part.get_content_type() == f"text/{kind}"]
    content: Any = parts[0].get_payload(decode=True)
    return str(content.decode()).replace("\r\n", "\n")


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
