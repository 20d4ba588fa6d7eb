"""Acme with a webhook that leads to an endpoint of the test's own."""

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from tenants import services
from tenants.actors import Actor
from tenants.models import Organization, Webhook, WebhookDelivery
from tenants.webhooks.courier import Courier
from tests.tenants.webhooks.endpoint import Endpoint, an_endpoint, says

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
Hook = Callable[..., Webhook]


@pytest.fixture
def loopback(settings: Any) -> None:
    """As an operator allows it who has receivers in their own network."""
    settings.WEBHOOK_NETWORKS = LOOPBACK


@pytest.fixture
def endpoint(loopback: None) -> Iterator[Endpoint]:
    with an_endpoint(says(200)) as endpoint:
        yield endpoint


@pytest.fixture
def a_webhook(acme: Organization, system: Actor, endpoint: Endpoint) -> Hook:
    def make(**given: Any) -> Webhook:
        given = {"scope": acme, "name": "CI", "url": endpoint.url(), "events": ["team.created"], **given}
        return services.create_webhook(**given, actor=system)[0]

    return make


@pytest.fixture
def something_happens(acme: Organization, system: Actor) -> Callable[[str], None]:
    def happen(key: str = "payments") -> None:
        services.create_team(acme, key=key, name=key.title(), actor=system)

    return happen


def work() -> None:
    """What the worker does when it is woken, in this thread."""
    Courier().work()


def again() -> None:
    """The same once whatever waits has become due."""
    WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING).update(not_before=timezone.now())
    work()
