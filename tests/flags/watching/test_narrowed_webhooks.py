"""A webhook of a project can be narrowed to certain flags, by key or by tag; of nothing else it hears then."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from flags import services
from flags.models import Flag
from tenants import services as tenant_services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, Project, Webhook, WebhookDelivery
from tenants.problems import Invalid
from tenants.services.webhooks import MOST_NAMES
from tenants.webhooks.announcing import announce

pytestmark = pytest.mark.django_db
URL = "https://ci.example.com/hooks"
Hook = Callable[..., Webhook]


@pytest.fixture
def a_webhook(shop: Project, system: Actor) -> Hook:
    def make(scope: Any = shop, **given: Any) -> Webhook:
        return tenant_services.create_webhook(scope=scope, name="CI", url=URL, **given, actor=system)[0]

    return make


def heard(webhook: Webhook) -> list[str]:
    announce(timezone.now())
    return list(WebhookDelivery.objects.filter(webhook=webhook).order_by("id").values_list("event_type", flat=True))


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({"flags": ["checkout"]}, ["flag.toggled", "flag.edited", "trigger.created", "flag.deleted"]),
        ({"tags": ["growth"]}, ["flag.created"]),
        ({"flags": ["checkout"], "events": ["flag.deleted"]}, ["flag.deleted"]),
        (
            {"flags": ["checkout"], "tags": ["growth"]},
            ["flag.toggled", "flag.edited", "trigger.created", "flag.created", "flag.deleted"],
        ),
        ({"flags": ["nothing"]}, []),
    ],
)
def test_it_hears_of_its_flags_alone(
    a_webhook: Hook,
    checkout: Flag,
    a_flag: Callable[..., Flag],
    development: Environment,
    acme: Organization,
    system: Actor,
    narrowed: dict[str, Any],
    expected: list[str],
) -> None:
    webhook = a_webhook(**narrowed)

    services.toggle_flag(checkout, development, enabled=True, actor=system)
    services.edit_flag(checkout, {"name": "Till"}, actor=system)
    services.create_trigger(checkout, development, name="Deploy", action="on", actor=system)
    a_flag("banner", tags=["growth", "spring"])
    a_flag("search")
    services.create_segment(checkout.project, {"key": "checkout"}, actor=system)
    tenant_services.create_team(acme, key="checkout", name="Checkout", actor=system)
    services.delete_flag(checkout, actor=system)

    assert heard(webhook) == expected


def test_one_of_an_environment_is_narrowed_as_well(
    a_webhook: Hook, checkout: Flag, development: Environment, production: Environment, system: Actor
) -> None:
    webhook = a_webhook(scope=production, flags=["checkout"])

    services.toggle_flag(checkout, development, enabled=True, actor=system)
    services.kill_flag(checkout, development, actor=system)
    services.toggle_flag(checkout, production, enabled=True, actor=system)

    assert heard(webhook) == ["flag.toggled"]


def test_a_flag_of_the_same_key_in_another_project_is_another(
    a_webhook: Hook, checkout: Flag, acme: Organization, system: Actor
) -> None:
    webhook = a_webhook(flags=["checkout"])
    other = tenant_services.create_project(acme, key="app", name="App", actor=system)
    services.create_flag(other, {"key": "checkout"}, actor=system)

    assert heard(webhook) == []


def test_a_test_is_sent_all_the_same(a_webhook: Hook, system: Actor) -> None:
    webhook = a_webhook(flags=["checkout"])

    tenant_services.test_webhook(webhook, actor=system)

    assert heard(webhook) == ["webhook.tested"]


def test_it_is_widened_again_and_the_audit_log_says_so(
    a_webhook: Hook, a_flag: Callable[..., Flag], system: Actor
) -> None:
    webhook = a_webhook(flags=["checkout"], tags=["growth"])

    tenant_services.edit_webhook(webhook, flags=[], tags=[], actor=system)
    a_flag("banner")

    assert heard(webhook) == ["webhook.edited", "flag.created"]
    edited = AuditEvent.objects.get(verb="webhook.edited")
    assert (edited.before["flags"], edited.after["flags"]) == (["checkout"], [])


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"flags": [""]}, "flags[0]"),
        ({"flags": ["checkout", 7]}, "flags[1]"),
        ({"tags": ["a\0"]}, "tags[0]"),
        ({"tags": [" a"]}, "tags[0]"),
        ({"tags": ["a" * 201]}, "tags[0]"),
        ({"flags": ["a"] * (MOST_NAMES + 1)}, "flags"),
    ],
)
def test_what_is_no_name_is_refused(a_webhook: Hook, wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        a_webhook(**wrong)

    assert [fault.path for fault in refusal.value.faults] == [path]


@pytest.mark.parametrize("member", ["flags", "tags"])
def test_one_of_an_organization_is_not_narrowed(a_webhook: Hook, acme: Organization, member: str) -> None:
    with pytest.raises(Invalid, match="Only a webhook of a project"):
        a_webhook(scope=acme, **{member: ["checkout"]})
