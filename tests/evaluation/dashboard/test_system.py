"""The status of the installation, for whoever runs it, and what of it an organization sees."""

import socket
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from evaluation.models import ConvergenceReport
from tenants import heartbeats, outbox
from tenants.models import BackupRun, Environment, Mail, Organization, OutboxEvent, Process, User
from tests.analytics.dashboard.test_pages import Words
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
SYSTEM, ACME = "/system/", "/organizations/acme/system/"


@pytest.fixture
def root(browser: Browser) -> Client:
    """Whoever runs the installation."""
    client: Client = browser(User.objects.create_superuser("root@example.com", "correct horse battery staple"))
    return client


def said(client: Client, address: str = SYSTEM) -> str:
    answer: Any = client.get(address)
    assert answer.status_code == 200
    return str(Words(answer.content.decode()))


def beat(kind: str, *, ago: int = 0, **fields: Any) -> None:
    at = timezone.now() - timedelta(seconds=ago)
    heartbeats.say(f"{kind}-{ago}", kind, f"host-{kind} (1)", started_at=at, now=at)
    Process.objects.filter(id=f"{kind}-{ago}").update(**fields)


def all_run() -> None:
    """And what making the cast left to be done has not waited for long, whenever that was."""
    OutboxEvent.objects.update(created_at=timezone.now())
    for kind in Process.Kind:
        beat(kind)


def report(environment: Environment, name: str, *, ago: int = 0) -> None:
    ConvergenceReport.objects.create(
        organization=environment.organization,
        environment=environment,
        reporter=name,
        name=name,
        is_relay=True,
        version="0.0.9",
        holds=1,
        seen={},
        heard_at=timezone.now() - timedelta(seconds=ago),
    )


def test_nobody_else_learns_that_it_is_there(browser: Browser, alice: User, acme: Organization) -> None:
    assert browser(alice).get(SYSTEM).status_code == 404
    assert browser(alice).post(SYSTEM).status_code == 404
    assert Client().get(SYSTEM).status_code == 302


def test_where_all_is_well_it_says_so(root: Client) -> None:
    all_run()

    page = said(root)

    assert "All is well." in page
    assert f"host-worker (1) worker running {django_settings.VERSION}" in page
    assert "answers" in page


def test_what_nobody_does_is_said_with_what_follows(root: Client) -> None:
    beat("web")

    page = said(root)

    assert "2 things want a look" in page
    assert "No worker reports: mails, webhooks, alerts" in page
    assert "Nobody keeps the timetable" in page


def test_backups_and_drills_stand_there_with_what_is_wrong_with_them(root: Client) -> None:
    all_run()
    assert "Backup none yet" in said(root)
    now = timezone.now()
    made: Any = {"seconds": 2, "size": 4096, "rows": 1234, "found": {"stored": True}}
    BackupRun.objects.create(kind="backup", name="flagforge-a.backup", started_at=now - timedelta(hours=3), **made)
    BackupRun.objects.create(kind="drill", name="flagforge-a.backup", started_at=now, seconds=1, found={"answers": 660})
    page = " ".join(said(root).split())
    assert "All is well." in page
    assert "flagforge-a.backup done 3 hours ago 4.0 KB, 1,234 rows 2.0 s" in page
    assert "660 answers" in page

    BackupRun.objects.update(started_at=now - timedelta(hours=27), error="")
    failed = {
        "kind": "backup",
        "name": "b",
        "seconds": 1,
        "found": {"stored": True},
        "error": "OSError: the disk is full",
    }
    BackupRun.objects.create(started_at=now, **failed)
    BackupRun.objects.create(
        kind="drill", name="a", started_at=now, seconds=1, error="Acme/Shop: checkout is other\nand more"
    )
    page = said(root)

    assert "The last backup is 27 h old: OSError: the disk is full" in page
    assert "The restore drill failed: Acme/Shop: checkout is other" in page


def test_who_is_late_and_who_is_missing_is_said_in_a_word(root: Client, production: Environment) -> None:
    all_run()
    beat("worker", ago=30)
    beat("web", ago=180)
    report(production, "edge-1")
    report(production, "edge-2", ago=90)

    page = said(root)

    assert "host-web (1) is missing: nothing was heard of it for 3 min." in page
    assert "edge-2 is missing: nothing was heard of it for 90 s." in page
    assert "host-worker (1) worker late" in page
    assert f"edge-1 serves 1 environment relay running 0.0.9 not {django_settings.VERSION}" in page


def test_queues_say_what_waits_since_when_and_what_was_given_up(root: Client, acme: Organization, alice: User) -> None:
    all_run()
    long_ago = timezone.now() - timedelta(minutes=5)
    OutboxEvent.objects.create(topic="flag.toggled", organization=acme, parked_at=long_ago)
    OutboxEvent.objects.filter(pk=OutboxEvent.objects.create(topic="flag.toggled").pk).update(created_at=long_ago)
    Mail.objects.create(user=alice, recipient=alice.email, subject="News", text="", html="", given_up_at=long_ago)

    page = said(root)

    assert f"Changes to publish: the oldest of {outbox.waiting().count()} has been waiting for 5 min." in page
    assert "Changes to publish: 1 was given up after several attempts." in page
    assert "Mails: 1 was given up after several attempts." in page
    assert "Telemetry to count 0 – 0" in page


def test_another_version_than_that_of_this_process_is_marked(root: Client) -> None:
    all_run()
    beat("worker", ago=1, version="0.0.9")

    assert f"0.0.9 not {django_settings.VERSION}" in said(root)


def test_a_redis_that_does_not_answer_is_out_of_reach(root: Client, settings: Any) -> None:
    all_run()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"

        page = said(root)

    assert "Redis does not answer (ConnectionError): changes arrive within two seconds" in page
    assert "out of reach" in page


def test_without_redis_nothing_is_missing(root: Client, settings: Any) -> None:
    all_run()
    settings.REDIS_URL = ""

    page = said(root)

    assert "not used: REDIS_URL is not set" in page
    assert "All is well." in page


def test_an_organization_sees_its_own_and_no_names_of_servers(
    browser: Browser, vera: User, charlie: User, acme: Organization, production: Environment
) -> None:
    all_run()
    report(production, "edge-1", ago=90)
    OutboxEvent.objects.create(topic="flag.toggled", organization=acme, parked_at=timezone.now())
    OutboxEvent.objects.create(topic="flag.toggled", parked_at=timezone.now())

    page = said(browser(vera), ACME)

    assert "2 things want a look" in page
    assert "edge-1 is missing" in page
    assert "Changes to publish: 1 was given up" in page
    assert "Worker running" in page
    assert "host-worker" not in page
    assert browser(charlie).get(ACME).status_code == 404


def test_an_organization_hears_of_its_own_relays_alone(
    browser: Browser, charlie: User, globex: Organization, production: Environment
) -> None:
    all_run()
    report(production, "edge-1", ago=90)

    page = said(browser(charlie), "/organizations/globex/system/")

    assert "All is well." in page
    assert "edge-1" not in page
