"""Mails lie in a table until a server has taken them: through refusals, outages, killed workers and several at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from flagforge.celery import app
from script.places import free_port
from tenants import outgoing_mail, tasks
from tenants.letters import Letter
from tenants.models import Mail, User
from tests.conftest import AtOnce
from tests.journeys.conftest import surroundings
from tests.tenants.conftest import Postbox

LETTER = Letter("Something\nhappened", "It did, <b>really</b>.", facts=(("Where", "here"),))


@pytest.fixture
def mail(alice: User) -> Mail:
    return outgoing_mail.post(LETTER, alice)


def is_waiting(mail: Mail) -> bool:
    return bool(outgoing_mail.waiting().filter(pk=mail.pk).exists())


def time_passes(**time: int) -> None:
    for row in Mail.objects.all():
        row.not_before -= timedelta(**time)
        row.save()


@pytest.mark.django_db
def test_a_mail_is_sent_once_and_what_it_said_is_forgotten(mail: Mail, postbox: Postbox) -> None:
    assert tasks.send_mails() == 1
    time_passes(hours=1)
    assert tasks.send_mails() == 0

    ((recipients, text),) = postbox.mails
    assert recipients == ["alice@example.com"]
    assert text.startswith("Something happened\nIt did, <b>really</b>.\n\nWhere: here\n")
    mail.refresh_from_db()
    assert (mail.text, mail.html) == ("", "")


@pytest.mark.django_db
def test_a_temporary_refusal_is_tried_again_later_each_time(mail: Mail, postbox: Postbox) -> None:
    postbox.answers = lambda recipients: "451 Come back later"
    for minutes in (1, 2):
        before = timezone.now()
        assert tasks.send_mails() == 0
        mail.refresh_from_db()
        assert timedelta(minutes=minutes) <= mail.not_before - before < timedelta(minutes=minutes + 1)
        assert "Come back later" in mail.last_error
        assert tasks.send_mails() == 0
        time_passes(hours=1)

    postbox.answers = lambda recipients: "250 OK"
    assert tasks.send_mails() == 1
    assert len(postbox.mails) == 1


@pytest.mark.django_db
def test_a_final_refusal_is_not_tried_again(mail: Mail, postbox: Postbox) -> None:
    postbox.answers = lambda recipients: "550 Nobody here"

    tasks.send_mails()

    mail.refresh_from_db()
    assert mail.given_up_at is not None
    assert not is_waiting(mail)


@pytest.mark.django_db
def test_one_that_is_refused_holds_no_other_up(alice: User, charlie: User, postbox: Postbox) -> None:
    for user in (alice, charlie):
        outgoing_mail.post(LETTER, user)
    postbox.answers = lambda recipients: "550 No" if recipients == [alice.email] else "250 OK"

    assert tasks.send_mails() == 1
    assert [recipients for recipients, _ in postbox.mails] == [[charlie.email]]


@pytest.mark.django_db
def test_while_the_server_is_away_mails_wait_and_none_is_blamed(mail: Mail, postbox: Postbox, settings: Any) -> None:
    settings.EMAIL_PORT, there = free_port(), settings.EMAIL_PORT
    assert tasks.send_mails() == 0
    mail.refresh_from_db()
    assert mail.attempts == 0
    assert mail.not_before > timezone.now()

    settings.EMAIL_PORT = there
    time_passes(minutes=1)
    assert tasks.send_mails() == 1


@pytest.mark.django_db
def test_after_two_days_a_mail_is_given_up(mail: Mail, postbox: Postbox) -> None:
    Mail.objects.update(created_at=timezone.now() - timedelta(days=2, minutes=1))

    assert tasks.send_mails() == 0
    mail.refresh_from_db()
    assert mail.given_up_at is not None


@pytest.mark.django_db
def test_what_was_sent_long_ago_is_forgotten_and_what_waits_is_not(mail: Mail, alice: User) -> None:
    waits = outgoing_mail.post(LETTER, alice)
    Mail.objects.filter(pk=mail.pk).update(sent_at=timezone.now() - timedelta(days=9))
    Mail.objects.filter(pk=waits.pk).update(created_at=timezone.now() - timedelta(days=9))

    assert tasks.forget_mails() == 1
    assert list(Mail.objects.all()) == [waits]


@pytest.mark.django_db(transaction=True)
def test_workers_that_send_at_once_send_each_mail_once(alice: User, postbox: Postbox, at_once: AtOnce) -> None:
    for _ in range(12):
        outgoing_mail.post(LETTER, alice)

    sent = at_once(*[outgoing_mail.send_due] * 4)

    assert sum(int(str(count)) for count in sent) == 12
    assert len({said["Message-ID"] for _, said in postbox.messages}) == len(postbox.messages) == 12


SENDING = "import django; django.setup(); from tenants import outgoing_mail; outgoing_mail.send_due()"


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_leaves_its_mail_to_the_next(mail: Mail, postbox: Postbox, settings: Any) -> None:
    reached, goes_on = threading.Event(), threading.Event()

    def hang(recipients: list[str]) -> str:
        reached.set()
        goes_on.wait(20)
        return "451 Too late"

    postbox.answers = hang
    variables = {**surroundings(), "EMAIL_URL": settings.EMAIL_URL}
    worker = subprocess.Popen([sys.executable, "-c", SENDING], env=variables)
    assert reached.wait(60)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    goes_on.set()
    _until(lambda: is_waiting(mail))

    postbox.answers = lambda recipients: "250 OK"
    assert tasks.send_mails() == 0  # it may still be at it
    time_passes(minutes=6)
    assert tasks.send_mails() == 1
    assert [said["Message-ID"].startswith(f"<{mail.id}@") for _, said in postbox.messages] == [True]


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_the_worker_looks_for_mails_by_itself() -> None:
    named = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert {"tenants.tasks.send_mails", "tenants.tasks.forget_mails"} <= named
