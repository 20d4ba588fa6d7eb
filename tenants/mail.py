"""Mails to people who are not signed in."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from tenants import selectors
from tenants.models import ApiKey, Invitation

log = logging.getLogger(__name__)


def link_of(secret: str) -> str:
    """Where an invitation is accepted."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("tenants:invitation", args=[secret])


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Whether the mail left; who invites has the link too, and can hand it over."""
    text = render_to_string("tenants/invitation.txt", {"invitation": invitation, "link": link})
    try:
        send_mail(f"{invitation.organization} invites you", text, None, [invitation.email])
    except (OSError, SMTPException):
        log.exception("the invitation %s could not be mailed", invitation.id)
        return False
    return True


def send_leak(api_key: ApiKey, found_at: str) -> None:
    """To the people who may revoke it."""
    people = selectors.revokers_of(api_key)
    text = render_to_string(
        "tenants/leaked_key.txt", {"api_key": api_key, "found_at": found_at, "url": settings.PUBLIC_URL}
    )
    try:
        for email in people:
            send_mail(f"An API key was found: {api_key.name}", text, None, [email])
    except (OSError, SMTPException):
        log.exception("the leak of the key %s could not be mailed", api_key.id)
