"""Parked rows of the outbox: seen and tried again by superusers alone."""

import pytest
from django.utils import timezone

from tenants.models import AuditEvent, Environment, OutboxEvent, User
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
LIST = "/admin/tenants/outboxevent/"


@pytest.fixture
def parked(production: Environment) -> OutboxEvent:
    OutboxEvent.objects.all().delete()
    row: OutboxEvent = OutboxEvent.objects.create(
        topic="flag.toggled",
        environment=production,
        organization=production.organization,
        attempts=6,
        parked_at=timezone.now(),
        last_error="ManifestTooLarge: too much",
    )
    OutboxEvent.objects.create(topic="flag.waiting", environment=production, organization=production.organization)
    return row


def test_parked_rows_are_found_by_their_state(browser: Browser, root: User, parked: OutboxEvent) -> None:
    client = browser(root)

    pages = {state: client.get(f"{LIST}?state={state}").content.decode() for state in ("parked", "waiting", "failed")}

    assert "ManifestTooLarge" in pages["parked"]
    assert "flag.waiting" not in pages["parked"]
    assert "ManifestTooLarge" not in pages["waiting"] + pages["failed"]


def test_a_superuser_has_a_parked_row_tried_again(browser: Browser, root: User, parked: OutboxEvent) -> None:
    client = browser(root)
    page = client.get(f"{LIST}{parked.pk}/change/").content.decode()

    done = client.post(f"{LIST}{parked.pk}/do/retry/", {"confirmed": "yes", "comment": "Made smaller"})

    parked.refresh_from_db()
    assert "Try again" in page
    assert done.status_code == 302
    assert (parked.parked_at, parked.attempts) == (None, 0)
    assert AuditEvent.objects.get(verb="outbox_event.retried").comment == "Made smaller"


def test_several_are_tried_again_from_the_list(browser: Browser, root: User, parked: OutboxEvent) -> None:
    chosen = {"action": "retry", "_selected_action": [str(parked.pk)], "confirmed": "yes"}

    browser(root).post(LIST, chosen)

    parked.refresh_from_db()
    assert parked.parked_at is None


def test_a_row_that_waits_cannot_be_tried_again(browser: Browser, root: User, parked: OutboxEvent) -> None:
    waiting = OutboxEvent.objects.get(topic="flag.waiting")

    assert "Try again" not in browser(root).get(f"{LIST}{waiting.pk}/change/").content.decode()
    assert browser(root).post(f"{LIST}{waiting.pk}/do/retry/", {"confirmed": "yes"}).status_code == 403


def test_an_owner_sees_none_of_it(browser: Browser, alice: User, parked: OutboxEvent) -> None:
    client = browser(alice)

    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{parked.pk}/change/").status_code in (403, 404)
    assert client.post(f"{LIST}{parked.pk}/do/retry/", {"confirmed": "yes"}).status_code == 404
