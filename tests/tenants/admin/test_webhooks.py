"""Webhooks by forms of the admin."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import Organization, User, Webhook, WebhookDelivery
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
WEBHOOKS, DELIVERIES = "/admin/tenants/webhook/", "/admin/tenants/webhookdelivery/"
CI = {"name": "CI", "url": "https://ci.example.com/hooks", "format": "standard"}


def test_one_is_made_edited_rotated_tested_switched_and_deleted(
    browser: Browser, ada: User, acme: Organization
) -> None:
    client = browser(ada)

    made = client.post(f"{WEBHOOKS}add/", {**CI, "scope": acme.pk, "events": ["flag.killed"]})
    webhook = Webhook.objects.get()
    assert made.context_data["secret"] in made.content.decode()
    here = f"{WEBHOOKS}{webhook.pk}"
    client.post(f"{here}/change/", {**CI, "name": "Deploys", "events": ["flag.toggled"]})
    webhook.refresh_from_db()
    assert (webhook.name, webhook.events) == ("Deploys", ["flag.toggled"])
    rotated = client.post(f"{here}/do/rotate/", {"confirmed": "yes", "overlap_hours": "1"})
    assert rotated.context_data["secret"] != made.context_data["secret"]
    client.post(f"{here}/do/test/", {"confirmed": "yes"})
    delivery = WebhookDelivery.objects.get()
    WebhookDelivery.objects.update(state="failed")
    client.post(f"{DELIVERIES}{delivery.pk}/do/replay/", {"confirmed": "yes"})
    assert WebhookDelivery.objects.get().state == "waiting"
    assert "webhook.tested" in client.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()
    client.post(f"{here}/do/disable/", {"confirmed": "yes"})
    assert Webhook.objects.get().disabled_at is not None
    client.post(f"{here}/do/enable/", {"confirmed": "yes"})
    assert Webhook.objects.get().disabled_at is None
    client.post(f"{here}/delete/", {"confirmed": "yes"})
    assert not Webhook.objects.exists()


def test_a_url_that_leads_inside_is_refused_at_its_field(browser: Browser, ada: User, acme: Organization) -> None:
    answer = browser(ada).post(f"{WEBHOOKS}add/", {**CI, "url": "https://10.0.0.1/", "scope": acme.pk})

    assert "no public address" in str(answer.context["adminform"].form.errors["url"])


def test_members_and_strangers_see_none(
    browser: Browser, bob: User, charlie: User, globex: Organization, acme: Organization, system: Actor
) -> None:
    webhook = services.create_webhook(scope=acme, name="CI", url=CI["url"], actor=system)[0]
    delivery = services.test_webhook(webhook, actor=system)

    for address in (
        f"{WEBHOOKS}{webhook.pk}/change/",
        f"{DELIVERIES}{delivery.pk}/change/",
        f"{WEBHOOKS}{webhook.pk}/do/test/",
    ):
        assert browser(charlie).get(address).status_code in (302, 404)
        assert browser(bob).get(address).status_code in (302, 403, 404)
    assert "ci.example" not in browser(charlie).get(WEBHOOKS).content.decode()
