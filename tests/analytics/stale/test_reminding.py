"""Owners hear of flags that seem stale: once a week, never of the same flag again within a month, whoever dies meanwhile."""

import re
import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from analytics import tasks
from analytics.models import StaleReminder
from analytics.stale.reminding import remind
from flags import services as flag_services
from flags.models import Flag
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Mail, Organization, User
from tests.analytics.stale.conftest import OldFlag
from tests.conftest import AtOnce, Browser
from tests.journeys.conftest import surroundings

NOW = timezone.now().replace(hour=7, minute=7)
DYING = """
import os, signal, django
django.setup()
from django.db import connection
from django.utils import timezone
from analytics.stale.reminding import remind

def killed(execute, sql, params, many, context):
    done = execute(sql, params, many, context)
    if "INSERT INTO \\"tenants_mail\\"" in sql:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

with connection.execute_wrapper(killed):
    remind(timezone.now())
"""


@pytest.fixture
def stale_of_bob(old_flag: OldFlag, development: Environment, bob: User) -> Flag:
    return owned(old_flag("checkout", development, enabled=True), bob)


def owned(flag: Flag, owner: User | None) -> Flag:
    Flag.objects.filter(pk=flag.pk).update(owner=owner)
    flag.refresh_from_db()
    return flag


def later(**passed: int) -> datetime:
    return NOW + timedelta(**passed)


@pytest.mark.django_db
def test_one_mail_about_all_with_evidence_and_links(
    stale_of_bob: Flag, old_flag: OldFlag, development: Environment, bob: User, browser: Browser
) -> None:
    owned(old_flag("banner", development, enabled=True), bob)

    assert remind(NOW) == 1

    mail = Mail.objects.get()
    assert (mail.user, mail.organization.slug, mail.subject) == (bob, "acme", "2 flags of yours seem stale in Acme")
    for text in (mail.text, mail.html):
        assert re.search(r"Everybody gets on wherever it matters, unchanged for \d+ days\.", text)
        paths = re.findall(r"https?://[^/\s]+(/organizations/[^\s\"<]+)", text)
        assert {path.rpartition("flags/")[2] for path in paths} == {
            "banner/staleness/", "banner/keep/", "checkout/staleness/", "checkout/keep/", f"?owner={bob.pk}",
        }  # fmt: skip
        assert {browser(bob).get(path).status_code for path in paths} == {200}


@pytest.mark.django_db
def test_once_a_week_and_of_each_flag_once_in_a_month(
    stale_of_bob: Flag, old_flag: OldFlag, development: Environment, bob: User
) -> None:
    told = [remind(later(days=day)) for day in range(7)]
    owned(old_flag("banner", development, enabled=True), bob)
    told += [remind(later(days=day)) for day in range(7, 38)]

    assert [day for day, count in enumerate(told) if count] == [0, 7, 30, 37]
    assert [re.findall(r"Shop / (\w+)", mail.text) for mail in Mail.objects.order_by("id")] == [
        ["checkout"],
        ["banner"],
        ["checkout"],
        ["banner"],
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["kept", "archived", "nobody's", "left", "asleep", "would rather not"])
def test_nobody_is_told_of(stale_of_bob: Flag, bob: User, acme: Organization, system: Actor, reason: str) -> None:
    if reason == "kept":
        flag_services.keep_flag(stale_of_bob, reason="The law asks for it", actor=system)
    elif reason == "archived":
        flag_services.archive_flag(stale_of_bob, actor=system)
    elif reason == "nobody's":
        owned(stale_of_bob, None)
    elif reason == "left":
        services.remove_member(acme, user=bob, actor=system)
        owned(stale_of_bob, bob)
    elif reason == "asleep":
        User.objects.filter(pk=bob.pk).update(is_active=False)
    else:
        actor = Actor("user", bob.id, "Bob", user=bob)
        services.choose_notices(bob, new_devices=True, sign_ins=False, sign_outs=False, stale_flags=False, actor=actor)

    assert remind(NOW) == 0
    assert not Mail.objects.exists()
    assert not StaleReminder.objects.exists()


@pytest.mark.django_db
def test_what_is_hardly_sure_is_worth_no_mail(old_flag: OldFlag, development: Environment, bob: User) -> None:
    owned(old_flag("checkout", development, enabled=True, rules=[{"id": "r", "serve": {"variant": "off"}}]), bob)

    assert remind(NOW) == 0


@pytest.mark.django_db
def test_the_choice_is_made_on_the_page_of_notices(browser: Browser, bob: User) -> None:
    assert "when flags that I own seem stale" in browser(bob).get("/accounts/notices/").content.decode()

    mails = {"watched_flags": "daily", "digest_hour": "9", "digest_day": "0", "time_zone": "UTC"}
    browser(bob).post("/accounts/notices/", {"new_devices": "on", **mails})

    bob.refresh_from_db()
    assert (bob.hears_of_new_devices, bob.hears_of_stale_flags) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_over_the_mail_leaves_all_to_the_next(stale_of_bob: Flag) -> None:
    ended = subprocess.run([sys.executable, "-c", DYING], env=surroundings(), timeout=100, check=False)

    assert ended.returncode == -9
    assert (Mail.objects.count(), StaleReminder.objects.count()) == (0, 0)
    assert (tasks.remind_owners(), tasks.remind_owners()) == (1, 0)
    assert (Mail.objects.count(), StaleReminder.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_send_one_mail(stale_of_bob: Flag, at_once: AtOnce) -> None:
    answers = at_once(*[lambda: remind(NOW)] * 4)

    assert sorted(answers) == [0, 0, 0, 1]  # type: ignore[type-var]
    assert Mail.objects.count() == 1
