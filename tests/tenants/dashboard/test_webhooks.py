"""Webhooks on their pages."""

import pytest
from django.utils import timezone

from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, User, Webhook, WebhookDelivery
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import ACME, QueryCount

pytestmark = pytest.mark.django_db
WEBHOOKS = f"{ACME}webhooks/"
NEW = f"{WEBHOOKS}new/"


def typed(place: str, **changed: object) -> dict[str, object]:
    return {"name": "CI", "url": "https://ci.example.com/hooks", "format": "standard", "scope": place, **changed}


@pytest.fixture
def webhook(acme: Organization, system: Actor) -> Webhook:
    return services.create_webhook(scope=acme, name="CI", url="https://ci.example.com/hooks", actor=system)[0]


def test_an_empty_list_teaches(browser: Browser, ada: User, bob: User, acme: Organization) -> None:
    assert "Make the first" in browser(ada).get(WEBHOOKS).content.decode()
    assert "Webhooks are for admins" in browser(bob).get(WEBHOOKS).content.decode()


def test_a_secret_is_shown_once(browser: Browser, ada: User, production: Environment) -> None:
    client = browser(ada)

    made = client.post(NEW, typed(production.id, events=["flag.killed", "flag.toggled"]))

    webhook, secret = Webhook.objects.get(), made.context["secret"]
    here = f"{WEBHOOKS}{webhook.id}/"
    assert secret.startswith("whsec_")
    assert secret in made.content.decode()
    assert f'data-instead="{here}"' in made.content.decode()
    assert (webhook.environment, webhook.events) == (production, ["flag.killed", "flag.toggled"])
    for page in (WEBHOOKS, here, f"{here}edit/"):
        assert secret not in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"url": "http://ci.example.com/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"scope": "nowhere"}, "scope"),
        ({"events": ["flag.exploded"]}, "events"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    browser: Browser, ada: User, acme: Organization, wrong: dict[str, object], field: str
) -> None:
    answer = browser(ada).post(NEW, typed(acme.id, **wrong))

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not Webhook.objects.exists()


def test_it_is_edited_rotated_switched_and_deleted(browser: Browser, ada: User, webhook: Webhook) -> None:
    client, here = browser(ada), f"{WEBHOOKS}{webhook.id}/"

    client.post(f"{here}edit/", typed("", name="Deploys", events=["flag.killed"]))
    webhook.refresh_from_db()
    assert (webhook.name, webhook.events) == ("Deploys", ["flag.killed"])
    assert client.post(f"{here}rotate/", {"overlap": "3600"}).context["secret"].startswith("whsec_")
    client.post(f"{here}switch/", {"enabled": ""})
    assert "Somebody disabled it" in client.get(here).content.decode()
    client.post(f"{here}switch/", {"enabled": "yes"})
    assert "Disable" in client.get(here).content.decode()
    client.post(f"{here}delete/", {})
    assert not Webhook.objects.exists()


def test_the_log_shows_what_came_and_sends_again(browser: Browser, ada: User, webhook: Webhook) -> None:
    client, here = browser(ada), f"{WEBHOOKS}{webhook.id}/"
    client.post(f"{here}test/")
    delivery = WebhookDelivery.objects.get()
    attempt = {"at": timezone.now().isoformat(), "status": 502, "ms": 31, "fault": "it answered 502"}
    WebhookDelivery.objects.update(state="failed", attempts=[attempt], answer="<b>bad gateway</b>", tries=11)

    page = client.get(f"{here}?state=failed").content.decode()

    for shown in ("webhook.tested", "it answered 502, 31 ms", "&lt;b&gt;bad gateway&lt;/b&gt;", delivery.event_id):
        assert shown in page
    assert "Nothing is delivered" in client.get(f"{here}?state=delivered").content.decode()
    client.post(f"{here}replay/", {"event": delivery.event_id})
    assert WebhookDelivery.objects.get().state == "waiting"
    WebhookDelivery.objects.update(state="failed")
    client.post(f"{here}replay/", {"days": "7"})
    assert WebhookDelivery.objects.get().state == "waiting"
    assert client.post(f"{here}replay/", {"event": "nonsense"}).status_code == 404


def test_who_may_not_is_told_so_and_nothing_happens(
    browser: Browser, bob: User, charlie: User, webhook: Webhook
) -> None:
    here = f"{WEBHOOKS}{webhook.id}/"

    assert browser(bob).post(NEW, typed(webhook.organization_id)).status_code == 403
    for page in ("", "edit/", "rotate/", "delete/"):
        assert browser(bob).get(here + page).status_code == 404
        assert browser(charlie).get(here + page).status_code == 404


def test_more_deliveries_take_no_more_queries(
    browser: Browser, ada: User, webhook: Webhook, query_count: QueryCount, system: Actor
) -> None:
    services.test_webhook(webhook, actor=system)
    few = query_count(browser(ada), f"{WEBHOOKS}{webhook.id}/")
    for _ in range(5):
        services.test_webhook(webhook, actor=system)
        services.create_webhook(scope=webhook.organization, name="B", url=webhook.url, actor=system)

    assert query_count(browser(ada), f"{WEBHOOKS}{webhook.id}/") == few
