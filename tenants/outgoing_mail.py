"""Mails as rows: `post` writes one beside the change that it tells of, `send_due` sends what waits, in the worker.

A mail is claimed by a conditional UPDATE that puts it off by `LEASE`, so two workers never send the same, and one that is
killed leaves it to the next. Killed in the moment between the server's "250 OK" and our note of it, the mail goes out once
more, under the same Message-ID, by which mailboxes know it again: SMTP allows no better.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F, Q
from django.utils import timezone

from tenants import realm
from tenants.letters import Letter
from tenants.models import Mail, Organization, User
from tenants.models.base import new_id

LEASE = timedelta(minutes=5)
# After each attempt that failed; the last holds for all further ones.
RETRY_MINUTES = (1, 2, 5, 15, 30, 60, 120)
# So long it is tried.
PATIENCE = timedelta(days=2)
# While the server is out of reach nothing else is tried.
REST = timedelta(minutes=1)
MOST_AT_ONCE = 50
# A week is how long "This was not me" may be said.
KEPT = timedelta(days=8)

log = logging.getLogger(__name__)


@realm.everything()
def post(letter: Letter, user: User, organization: Organization | None = None, *, mail_id: str | None = None) -> Mail:
    """Have it sent to the person, soon; `mail_id` where the letter names the mail itself."""
    mail = Mail(
        id=mail_id or new_id(),
        organization=organization,
        user=user,
        recipient=user.email,
        subject=" ".join(letter.subject.split())[:254],
        text=letter.text,
        html=letter.html,
        unsubscribe=letter.unsubscribe,
    )
    mail.save(force_insert=True)
    return mail


@realm.everything()
def count_about_account(user: User, since: datetime) -> int:
    """How many mails about their own account a person was sent."""
    return int(Mail.objects.filter(user=user, organization=None, created_at__gt=since).count())


@realm.everything()
def find(mail_id: str) -> Mail | None:
    """With its person; None when it is forgotten, or its person's account is."""
    rows = Mail.objects.filter(pk=mail_id, user__is_active=True, user__deleted_at__isnull=True)
    found: Mail | None = rows.select_related("user").first()
    return found


@realm.everything()
def mark_disowned(mail: Mail) -> bool:
    """Whether nobody said so before."""
    return bool(Mail.objects.filter(pk=mail.pk, disowned_at=None).update(disowned_at=timezone.now()))


@realm.everything()
def forget_all(user: User) -> None:
    """What was to be sent to somebody, or was."""
    Mail.objects.filter(user=user).delete()


def waiting() -> Any:
    return Mail.objects.filter(sent_at__isnull=True, given_up_at__isnull=True)


def send_due() -> int:
    """Send what is due, over one connection; returns how many mails left."""
    now = timezone.now()
    waiting().filter(created_at__lt=now - PATIENCE).update(given_up_at=now)
    due = list(waiting().filter(not_before__lte=now).order_by("not_before", "id")[:MOST_AT_ONCE])
    if not due:
        return 0
    connection = get_connection()
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        log.warning("mails wait, for the mail server is out of reach: %s", error)
        waiting().filter(not_before__lte=now).update(not_before=now + REST, last_error=_said(error))
        return 0
    try:
        return sum(_send(mail, connection) for mail in due if _is_mine(mail))
    finally:
        connection.close()


def _is_mine(mail: Mail) -> bool:
    """Whether this process may send it: nobody else claimed it since it was read."""
    free = waiting().filter(pk=mail.pk, attempts=mail.attempts)
    return bool(free.update(attempts=F("attempts") + 1, not_before=timezone.now() + LEASE))


def _send(mail: Mail, connection: Any) -> bool:
    try:
        _message(mail, connection).send()
    except (OSError, SMTPException) as error:
        _failed(mail, error)
        return False
    Mail.objects.filter(pk=mail.pk).update(sent_at=timezone.now(), text="", html="", last_error="")
    return True


def _message(mail: Mail, connection: Any) -> EmailMultiAlternatives:
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        to=[mail.recipient],
        connection=connection,
        headers={"Message-ID": f"<{mail.id}@{host}>", "Auto-Submitted": "auto-generated"} | _one_click(mail),
    )
    message.attach_alternative(mail.html, "text/html")
    return message


def _one_click(mail: Mail) -> dict[str, str]:
    """RFC 8058: what a mailbox needs for a button of its own that ends mails of this kind."""
    if not mail.unsubscribe:
        return {}
    return {"List-Unsubscribe": f"<{mail.unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _failed(mail: Mail, error: Exception) -> None:
    now = timezone.now()
    minutes = RETRY_MINUTES[min(mail.attempts, len(RETRY_MINUTES) - 1)]
    log.warning("the mail %s could not be sent: %s", mail.id, _said(error))
    Mail.objects.filter(pk=mail.pk).update(
        not_before=now + timedelta(minutes=minutes),
        given_up_at=now if _is_final(error) else None,
        last_error=_said(error),
    )


def _is_final(error: Exception) -> bool:
    """Whether the server said that it will never take it."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, SMTPDataError) and error.smtp_code >= 500


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]


def forget_old(now: datetime | None = None) -> int:
    """Delete what was sent, or given up, long ago."""
    old = (now or timezone.now()) - KEPT
    count, _ = Mail.objects.filter(Q(sent_at__lt=old) | Q(given_up_at__lt=old)).delete()
    return int(count)
