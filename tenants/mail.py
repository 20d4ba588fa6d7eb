"""Mails to people who are not signed in."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from tenants.models import Invitation

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
