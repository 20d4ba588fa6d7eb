"""Webhooks are made, edited, and given up by services alone; every refusal, and what the audit log says."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, OutboxEvent, Project, Webhook, WebhookDelivery
from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Invalid, TooMany
from tenants.services.webhooks import MOST_WEBHOOKS, give_up
from tenants.webhooks.events import Event, wants

pytestmark = pytest.mark.django_db
URL = "https://ci.example.com/hooks/secret-path"


def make(scope: Any, actor: Actor, **given: Any) -> tuple[Webhook, str]:
    return services.create_webhook(scope=scope, **{"name": "CI", "url": URL, **given}, actor=actor)


def test_a_webhook_is_made_and_its_secret_is_stored_nowhere_in_the_open(acme: Organization, as_ada: Actor) -> None:
    webhook, secret = make(acme, as_ada)

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    row = Webhook.with_deleted.filter(pk=webhook.pk).values().get()
    assert secret not in str(row)
    assert secret.removeprefix("whsec_") not in str(row)
    history = str(list(Webhook.history.values()))
    assert "secret-path" not in history
    assert "v1." not in history


def test_the_audit_log_says_who_and_where_but_not_the_whole_url(acme: Organization, as_ada: Actor) -> None:
    make(acme, as_ada, comment="for the deploys")

    event = AuditEvent.objects.get(verb="webhook.created")
    assert (event.actor_name, event.comment, event.after["host"]) == ("Ada", "for the deploys", "ci.example.com")
    assert "secret-path" not in str(event.after)
    assert OutboxEvent.objects.filter(topic="webhook.created", organization=acme).exists()


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"events": ["flag.toggled", "flag.exploded"]}, "events[1]"),
        ({"format": "carrier pigeon"}, "format"),
        ({"comment": "\0"}, "comment"),
    ],
)
def test_what_is_wrong_is_refused(acme: Organization, as_ada: Actor, wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        make(acme, as_ada, **wrong)

    assert [fault.path for fault in refusal.value.faults] == [path]
    assert not Webhook.objects.exists()


def test_an_organization_has_only_so_many(acme: Organization, as_ada: Actor) -> None:
    for _ in range(MOST_WEBHOOKS):
        make(acme, as_ada)

    with pytest.raises(TooMany, match="50 webhooks"):
        make(acme, as_ada)


def test_it_is_edited_within_the_same_bounds(acme: Organization, as_ada: Actor) -> None:
    webhook, _ = make(acme, as_ada)

    webhook = services.edit_webhook(webhook, url="https://b.example/", events=["flag.killed"], actor=as_ada)
    with pytest.raises(Invalid):
        services.edit_webhook(webhook, url="https://localhost:22/", actor=as_ada)
    services.edit_webhook(webhook, name="CI", actor=as_ada)

    assert (webhook.url, webhook.events) == ("https://b.example/", ["flag.killed"])
    assert AuditEvent.objects.filter(verb="webhook.edited").count() == 1


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_an_overlap_has_bounds(acme: Organization, as_ada: Actor, overlap: timedelta) -> None:
    webhook, _ = make(acme, as_ada)

    with pytest.raises(Invalid, match="overlap"):
        services.rotate_webhook(webhook, overlap=overlap, actor=as_ada)


def test_without_an_overlap_the_old_secret_is_gone(acme: Organization, as_ada: Actor) -> None:
    webhook, old = make(acme, as_ada)

    webhook, new = services.rotate_webhook(webhook, overlap=timedelta(0), actor=as_ada)

    assert new != old
    assert (webhook.sealed_old_secret, webhook.old_secret_until) == ("", None)


def test_a_disabled_one_takes_neither_a_test_nor_a_replay(acme: Organization, as_ada: Actor) -> None:
    webhook, _ = make(acme, as_ada)
    delivery = services.test_webhook(webhook, actor=as_ada)
    services.disable_webhook(webhook, actor=as_ada, comment="too loud")
    services.disable_webhook(webhook, actor=as_ada)

    assert WebhookDelivery.objects.get().state == "failed"
    for refused in (
        lambda: services.test_webhook(webhook, actor=as_ada),
        lambda: services.replay_delivery(delivery, actor=as_ada),
        lambda: services.replay_failed(webhook, since=timezone.now(), actor=as_ada),
    ):
        with pytest.raises(Conflict, match="enable it first"):
            refused()
    assert AuditEvent.objects.filter(verb="webhook.disabled").count() == 1


def test_only_the_worker_gives_one_up(acme: Organization, as_alice: Actor) -> None:
    webhook, _ = make(acme, as_alice)

    with pytest.raises(NotAllowed):
        give_up(webhook, because="I say so", actor=as_alice)


def test_a_replay_is_counted_from_a_moment_on(acme: Organization, as_ada: Actor) -> None:
    webhook, _ = make(acme, as_ada)
    for _ in range(3):
        services.test_webhook(webhook, actor=as_ada)
    WebhookDelivery.objects.update(state="failed")
    oldest = WebhookDelivery.objects.order_by("id")[0]
    WebhookDelivery.objects.filter(pk=oldest.pk).update(created_at=timezone.now() - timedelta(days=2))

    assert services.replay_failed(webhook, since=timezone.now() - timedelta(days=1), actor=as_ada) == 2
    assert AuditEvent.objects.get(verb="webhook.replayed").after["deliveries"] == 2


def test_a_deleted_one_takes_its_deliveries_with_it(acme: Organization, as_ada: Actor) -> None:
    webhook, _ = make(acme, as_ada)
    services.test_webhook(webhook, actor=as_ada)

    services.delete_webhook(webhook, actor=as_ada)

    assert not Webhook.with_deleted.exists()
    assert not WebhookDelivery.with_deleted.exists()
    assert AuditEvent.objects.get(verb="webhook.deleted").object_name == "CI"


def an_event(type_: str, project_id: str = "", environment_id: str = "") -> Event:
    return Event("1", type_, timezone.now(), {}, project_id, environment_id)


def test_a_webhook_of_a_place_hears_of_that_place_alone(
    acme: Organization, shop: Project, development: Environment, production: Environment, system: Actor
) -> None:
    everywhere, of_shop, of_production = (make(scope, system)[0] for scope in (acme, shop, production))
    happened = {
        "a member": an_event("member.added"),
        "another project": an_event("flag.toggled", "other", "place"),
        "development": an_event("flag.toggled", shop.id, development.id),
        "production": an_event("flag.toggled", shop.id, production.id),
        "a flag everywhere": an_event("flag.edited", shop.id),
        "the project": an_event("project.edited", shop.id),
    }

    def heard(webhook: Webhook) -> set[str]:
        return {name for name, event in happened.items() if wants(webhook, event)}

    assert heard(everywhere) == set(happened)
    assert heard(of_shop) == set(happened) - {"a member", "another project"}
    assert heard(of_production) == {"production", "a flag everywhere"}


def test_a_webhook_hears_of_its_types_alone(acme: Organization, system: Actor) -> None:
    webhook, _ = make(acme, system, events=["flag.killed"])

    assert wants(webhook, an_event("flag.killed"))
    assert not wants(webhook, an_event("flag.toggled"))


def test_a_member_and_an_outsider_see_none(acme: Organization, system: Actor, as_bob: Actor, as_charlie: Actor) -> None:
    webhook, _ = make(acme, system)

    for actor in (as_bob, as_charlie):
        assert not Webhook.objects.visible_to(actor).exists()
        with pytest.raises(NotAllowed):
            services.test_webhook(webhook, actor=actor)
