"""Mails about one's own account: that somebody signed in or out, and that it was with a browser not used before."""

from datetime import datetime, timedelta

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from tenants import devices, outgoing_mail
from tenants.addresses import address_of
from tenants.browsers import words_for
from tenants.geography import place_of
from tenants.letters import Letter, absolute
from tenants.models import Mail, User
from tenants.models.base import new_id

# A login that repeats itself fills nobody's mailbox.
MOST_AN_HOUR = 20
SALT = "this was not me"
LINK_HOLDS = timedelta(days=7)


def signed_in(request: HttpRequest, user: User) -> None:
    """A new device is told of where the person wants that, any other sign-in where they want to hear of each."""
    now = timezone.now()
    is_news = devices.meet(request, user, now)
    if is_news and user.hears_of_new_devices:
        lead = f"Somebody signed in to {user.email} with a browser that was not used for it before."
        _tell(user, "A new device signed in to your account", lead, request, now)
    elif user.hears_of_sign_ins:
        _tell(user, "Somebody signed in to your account", f"Somebody signed in to {user.email}.", request, now)


def signed_out(request: HttpRequest, user: User) -> None:
    if user.hears_of_sign_outs:
        lead = f"A browser was signed out of {user.email}."
        _tell(user, "Somebody signed out of your account", lead, request, timezone.now())


def _tell(user: User, subject: str, lead: str, request: HttpRequest, now: datetime) -> None:
    told = outgoing_mail.count_about_account(user, since=now - timedelta(hours=1))
    if told >= MOST_AN_HOUR:
        return
    if told == MOST_AN_HOUR - 1:
        lead += " This is the last mail of its kind for an hour: more of this is going on."
    mail_id = new_id()
    letter = Letter(
        subject,
        lead,
        facts=_facts(request, now),
        action="This was not me",
        address=absolute(reverse("tenants:not_me", args=[signing.dumps(mail_id, salt=SALT)])),
        foot="If it was you, do nothing. Which of these mails you get, you choose here: "
        + absolute(reverse("tenants:notices")),
    )
    outgoing_mail.post(letter, user, mail_id=mail_id)


def _facts(request: HttpRequest, now: datetime) -> tuple[tuple[str, str], ...]:
    address = address_of(request)
    facts = (
        ("Time", f"{date_format(now, 'j F Y, H:i')} UTC"),
        ("Device", words_for(request.META.get("HTTP_USER_AGENT", "")) or "an unknown browser, or a program"),
        ("Address", address or "unknown"),
        ("Place", place_of(address)),
    )
    return tuple((name, value) for name, value in facts if value)


def mail_of(token: str) -> Mail | None:
    """The mail whose link this is, while it may be followed: for a week, once, and not for a deleted account."""
    try:
        mail_id = signing.loads(token, salt=SALT, max_age=LINK_HOLDS)
    except signing.BadSignature:
        return None
    mail = outgoing_mail.find(mail_id)
    return mail if mail is not None and mail.disowned_at is None else None
