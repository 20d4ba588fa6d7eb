"""From a change to the endpoint: once for each event, in order, signed, tried again, given up, and never in another's way."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
from django.db import connections, transaction
from django.utils import timezone

from tenants import outbox, services
from tenants.actors import Actor
from tenants.models import AuditEvent, Mail, Organization, User, Webhook, WebhookDelivery
from tenants.webhooks import attempts, signing
from tenants.webhooks.announcing import announce
from tenants.webhooks.attempts import MOST_TRIES, RETRY_SECONDS, asked_pause, claim, forget_deliveries, settle
from tenants.webhooks.courier import Courier
from tenants.webhooks.sending import Answer
from tests.tenants.webhooks.conftest import Hook, again, work
from tests.tenants.webhooks.endpoint import Endpoint, Flood, an_endpoint, hangs, says, seconds

pytestmark = pytest.mark.django_db
Happen = Callable[..., None]
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("id").values_list("state", flat=True))


def test_an_event_arrives_once_signed_and_with_the_id_of_the_audit_log(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen
) -> None:
    webhook = a_webhook()
    something_happens("payments")

    work()
    work()

    (received,) = endpoint.received
    event = AuditEvent.objects.get(verb="team.created")
    (secret,) = signing.secrets_of(webhook, timezone.now())
    body = standardwebhooks.Webhook(secret).verify(received.body, received.headers)
    assert received.headers["webhook-id"] == body["id"] == event.id
    assert body["type"] == "team.created"
    assert body["data"]["object"]["name"] == "Payments"
    assert body["data"]["actor"]["name"] == "test"
    assert states() == ["delivered"]


def test_the_signature_is_what_the_specification_says(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen
) -> None:
    (secret,) = signing.secrets_of(a_webhook(), timezone.now())
    something_happens()
    work()

    (received,) = endpoint.received
    signed = b".".join(
        [received.headers["webhook-id"].encode(), received.headers["webhook-timestamp"].encode(), received.body]
    )
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert received.headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


def test_events_arrive_in_the_order_in_which_they_happened(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen
) -> None:
    a_webhook()
    for number in range(8):
        something_happens(f"team-{number}")

    work()

    names = [json.loads(one.body)["data"]["object"]["name"] for one in endpoint.received]
    assert names == [f"Team-{number}" for number in range(8)]


def test_what_fails_is_tried_again_with_the_same_id_and_body_and_holds_nothing_up(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen
) -> None:
    a_webhook()
    endpoint.behave = says(500, "broken")
    something_happens("first")
    work()
    endpoint.behave = says(200)
    something_happens("second")
    work()
    assert states() == ["waiting", "delivered"]

    again()

    first, second, repeated = endpoint.received
    assert (repeated.headers["webhook-id"], repeated.body) == (first.headers["webhook-id"], first.body)
    assert second.headers["webhook-id"] != first.headers["webhook-id"]
    assert [one["fault"] for one in WebhookDelivery.objects.order_by("id")[0].attempts] == ["it answered 500", ""]


def test_what_fails_all_day_is_given_up_and_can_be_replayed(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen, system: Actor
) -> None:
    webhook = a_webhook()
    endpoint.behave = says(500, "broken " * 1_000)
    something_happens()
    for _ in range(MOST_TRIES):
        again()
    again()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.tries, len(endpoint.received)) == ("failed", MOST_TRIES, MOST_TRIES)
    assert (len(delivery.answer), delivery.last_attempt["status"]) == (1_024, 500)
    endpoint.behave = says(200)
    assert services.replay_failed(webhook, since=timezone.now() - timedelta(days=1), actor=system) == 1
    work()
    assert states() == ["delivered"]
    assert len(set(endpoint.ids)) == 1


def test_the_attempts_take_about_a_day_and_no_two_webhooks_keep_step() -> None:
    assert 20 * 3_600 < sum(RETRY_SECONDS) < 26 * 3_600
    pauses = {attempts._pause(3, Answer(500, 1, fault="no"), NOW) for _ in range(20)}

    assert len(pauses) > 10
    assert all(timedelta(seconds=96) <= pause <= timedelta(seconds=144) for pause in pauses)


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        ("120", timedelta(seconds=120)),
        ("99999999999", timedelta(days=1)),
        ("Fri, 27 Nov 2026 13:00:00 GMT", timedelta(hours=1)),
        ("Fri, 27 Nov 2026 11:00:00 GMT", timedelta()),
        ("", timedelta()),
        ("soon", timedelta()),
        ("-5", timedelta()),
        ("Fri, 99 Nov 2026 11:00:00 GMT", timedelta()),
    ],
)
def test_retry_after_is_read_as_far_as_it_can_be(said: str, pause: timedelta) -> None:
    assert asked_pause(said, NOW) == pause


def test_whoever_asks_for_a_pause_gets_it(a_webhook: Hook, endpoint: Endpoint, something_happens: Happen) -> None:
    a_webhook()
    endpoint.behave = says(429, Retry_After="3600")
    something_happens()

    work()

    assert WebhookDelivery.objects.get().not_before > timezone.now() + timedelta(minutes=59)


def test_an_address_that_is_gone_is_disabled_at_once_and_its_keepers_are_told(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen, ada: User, bob: User, alice: User
) -> None:
    webhook = a_webhook()
    endpoint.behave = says(410)
    something_happens("first")
    something_happens("second")

    work()

    webhook.refresh_from_db()
    assert (len(endpoint.received), states()) == (1, ["failed", "failed"])
    assert "410" in webhook.disabled_because
    assert AuditEvent.objects.get(verb="webhook.disabled").actor_name == "webhooks"
    mails = list(Mail.objects.order_by("recipient"))
    assert [one.recipient for one in mails] == [ada.email, alice.email]
    assert all("410" in one.text and f"/webhooks/{webhook.id}/" in one.text for one in mails)
    something_happens("third")
    work()
    assert len(endpoint.received) == 1


def test_what_failed_for_days_is_disabled_but_not_for_less(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen
) -> None:
    webhook = a_webhook()
    endpoint.behave = says(503)
    something_happens()
    work()
    Webhook.objects.update(failures=attempts.FAILURES_TO_DISABLE)
    again()
    webhook.refresh_from_db()
    assert webhook.disabled_at is None

    Webhook.objects.update(failing_since=timezone.now() - attempts.FAILING_TO_DISABLE)
    again()

    webhook.refresh_from_db()
    assert "times in a row" in webhook.disabled_because


def test_one_success_ends_the_count_of_failures(a_webhook: Hook, endpoint: Endpoint, something_happens: Happen) -> None:
    webhook = a_webhook()
    endpoint.behave = says(503)
    something_happens()
    work()
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since is None, webhook.is_slow) == (1, False, True)
    endpoint.behave = says(200)
    again()

    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since, webhook.is_slow) == (0, None, False)


@pytest.mark.django_db(transaction=True)
def test_dead_and_slow_and_flooding_endpoints_delay_nobody_else(
    a_webhook: Hook, endpoint: Endpoint, acme: Organization
) -> None:
    with an_endpoint(hangs) as hanging, an_endpoint(Flood()) as flooding:
        for number in range(20):
            a_webhook(name=f"dead {number}", url=hanging.url())
        a_webhook(name="flood", url=flooding.url())
        a_webhook(name="well")
        Webhook.objects.filter(name__startswith="dead", name__lt="dead 18").update(is_slow=True)
        services.create_team(acme, key="one", name="One", actor=Actor.system())
        began = time.monotonic()
        courier = threading.Thread(target=_work_to_the_end, daemon=True)
        courier.start()
        _until(lambda: len(endpoint.received) == 1)
        services.create_team(acme, key="two", name="Two", actor=Actor.system())
        _until(lambda: len(endpoint.received) == 2)
        took = seconds(began)

        assert len(hanging.received) > attempts.MOST_TRIES  # many at once wait for an answer
        assert took < 10  # less than any of them takes
        hanging.over.set()
        hanging.behave = says(200)
        courier.join(60)  # else it would work on in the next test
        assert not courier.is_alive()
        assert not Webhook.objects.filter(busy_until__isnull=False).exists()


def _work_to_the_end() -> None:
    try:
        Courier().work()
    finally:
        connections.close_all()


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_it_once(
    a_webhook: Hook, something_happens: Happen, at_once: Callable[..., list[object]]
) -> None:
    a_webhook()
    something_happens()
    now = timezone.now()
    made = at_once(*[lambda: announce(now)] * 3)
    claimed = at_once(*[lambda: len(claim(10, timezone.now(), is_slow=False))] * 3)

    assert sorted(made) == [0, 0, 1]  # type: ignore[type-var]  # numbers, unless something broke
    assert sorted(claimed) == [0, 0, 1]  # type: ignore[type-var]
    assert WebhookDelivery.objects.count() == 1


def test_what_a_dead_worker_had_is_tried_by_another_when_its_time_is_over(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen
) -> None:
    a_webhook()
    something_happens()
    now = timezone.now()
    announce(now)
    (lost,) = claim(10, now, is_slow=False)  # and nobody ever hears of it again
    assert claim(10, now + timedelta(seconds=10), is_slow=False) == []

    (found,) = claim(10, now + timedelta(seconds=attempts.BUSY_SECONDS + 1), is_slow=False)

    assert found.delivery == lost.delivery
    assert found.letter.headers["webhook-id"] == lost.letter.headers["webhook-id"]


def test_a_worker_that_comes_late_takes_nothing_from_the_next(a_webhook: Hook, something_happens: Happen) -> None:
    webhook = a_webhook()
    something_happens()
    now = timezone.now()
    announce(now)
    (late,) = claim(10, now, is_slow=False)
    (next_one,) = claim(10, now + timedelta(seconds=attempts.BUSY_SECONDS + 1), is_slow=False)

    settle(late, Answer(200, 5), now)

    webhook.refresh_from_db()
    assert webhook.busy_until == next_one.until
    settle(next_one, Answer(500, 5, fault="it answered 500"), now)
    assert states() == ["delivered"]


def test_the_secret_before_signs_too_as_long_as_the_overlap_lasts(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen, system: Actor
) -> None:
    webhook = a_webhook()
    (old,) = signing.secrets_of(webhook, timezone.now())
    webhook, new = services.rotate_webhook(webhook, overlap=timedelta(hours=1), actor=system)
    something_happens("first")
    work()
    Webhook.objects.update(old_secret_until=timezone.now())
    something_happens("second")
    work()

    first, second = endpoint.received
    for secret in (old, new):
        standardwebhooks.Webhook(secret).verify(first.body, first.headers)
    standardwebhooks.Webhook(new).verify(second.body, second.headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(old).verify(second.body, second.headers)


def test_what_the_outbox_announces_is_told_too(a_webhook: Hook, endpoint: Endpoint, acme: Organization) -> None:
    a_webhook(events=[])
    a_webhook(name="other", events=["flag.toggled"])
    with transaction.atomic():
        outbox.put("alert.raised", acme, {"summary": "checkout was killed at night"})
        outbox.put("alert.raised", None, {"summary": "of the instance, which has no webhooks"})
    outbox.drain()

    work()

    told = [json.loads(one.body) for one in endpoint.received]
    assert [(one["type"], one["data"].get("summary")) for one in told if one["type"] == "alert.raised"] == [
        ("alert.raised", "checkout was killed at night")
    ]


def test_nothing_is_told_of_before_it_was_made_or_of_what_happened_while_it_was_off(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen, system: Actor
) -> None:
    something_happens("before")
    webhook = a_webhook()
    services.disable_webhook(webhook, actor=system)
    something_happens("meanwhile")
    services.enable_webhook(webhook, actor=system)
    something_happens("after")

    work()

    assert [json.loads(one.body)["data"]["object"]["name"] for one in endpoint.received] == ["After"]


def test_where_a_chain_was_purged_it_goes_on(a_webhook: Hook, endpoint: Endpoint, something_happens: Happen) -> None:
    webhook = a_webhook()
    something_happens("purged")
    AuditEvent.objects.all().delete()
    work()
    webhook.refresh_from_db()
    position = webhook.position
    something_happens("after")
    work()

    assert len(endpoint.received) == 1
    assert position > 0


def test_a_closed_network_is_never_reached(
    a_webhook: Hook, endpoint: Endpoint, something_happens: Happen, settings: Any
) -> None:
    a_webhook()
    something_happens()
    settings.WEBHOOK_NETWORKS = ()  # the operator took it back

    work()

    assert not endpoint.received
    assert "no webhook may go" in WebhookDelivery.objects.get().last_attempt["fault"]


def test_the_log_is_forgotten_with_the_time(a_webhook: Hook, something_happens: Happen) -> None:
    a_webhook()
    something_happens("old")
    work()
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    something_happens("new")
    work()

    assert forget_deliveries(timezone.now(), 30) == 1
    assert WebhookDelivery.objects.count() == 1


def test_many_webhooks_take_no_more_queries_where_nothing_happens(
    a_webhook: Hook, django_assert_num_queries: Callable[..., object]
) -> None:
    for number in range(12):
        a_webhook(name=f"hook {number}")
    work()

    with django_assert_num_queries(3):  # type: ignore[attr-defined]  # a context manager
        work()
