"""Each thing has a page in the dashboard and one in the admin, and each leads to the other, for whoever sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from analytics.guardrails.services import create_guardrail
from analytics.models import Experiment
from analytics.rollouts import services as rollouts
from analytics.rollouts.steps import Step
from flags.services import create_flag, create_segment, toggle_flag
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Membership, Project, User
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
Things = dict[str, tuple[Any, str]]


@pytest.fixture
def things(shop: Project, production: Environment, alice: User, bob: User, vera: User, system: Actor) -> Things:
    """One of everything, and the address of its page."""
    acme = shop.organization
    flag = create_flag(shop, {"key": "checkout"}, actor=system).thing
    config = toggle_flag(flag, production, enabled=True, actor=system).thing
    segment = create_segment(shop, {"key": "staff"}, actor=system).thing
    webhook, _ = services.create_webhook(scope=acme, name="Chat", url="https://chat.example.com", actor=system)
    rollout = rollouts.create(flag, production, variant="off", steps=[Step(1)], actor=system)
    watched = {"name": "Fails", "source": "errors", "variant": "on", "budget": 0.02}
    guardrail = create_guardrail(flag, production, watched, actor=system)
    experiment = Experiment.objects.create(
        organization=acme,
        project=shop,
        flag=flag,
        environment=production,
        key="cta",
        control="off",
        weights={"on": 100},
    )
    membership = Membership.objects.get(user=bob)
    there = ("acme", "shop")
    return {
        "flag": (flag, reverse("flags:settings", args=[*there, "checkout"])),
        "state": (config, reverse("flags:flag", args=[*there, "checkout", "production"])),
        "segment": (segment, reverse("flags:segment", args=[*there, "staff"])),
        "project": (shop, reverse("tenants:project", args=there)),
        "environment": (production, reverse("tenants:environment", args=[*there, "production"])),
        "organization": (acme, reverse("tenants:organization_settings", args=["acme"])),
        "member": (membership, reverse("tenants:member", args=["acme", bob.pk])),
        "webhook": (webhook, reverse("tenants:webhook", args=["acme", webhook.pk])),
        "rollout": (rollout, reverse("rollouts:rollout", args=[*there, rollout.pk])),
        "guardrail": (
            guardrail,
            reverse("guardrails:guardrail", args=[*there, "checkout", "production", guardrail.pk]),
        ),
        "experiment": (experiment, reverse("experiments:experiment", args=[*there, "cta"])),
    }


@pytest.fixture
def walk(browser: Browser) -> Callable[[User, Any, str], None]:
    """From the page into the admin and back again."""

    def there_and_back(user: User, thing: Any, page: str) -> None:
        client, meta = browser(user), thing._meta
        admin = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[thing.pk])
        front, back = client.get(page), client.get(admin)
        assert (front.status_code, back.status_code) == (200, 200), page
        # The page of a state is that of its flag too.
        assert 'class="button button-quiet button-s in-admin" href="/admin/' in front.content.decode(), page
        assert "On its page" in back.content.decode(), admin
        buttons = {button["label"]: button["address"] for button in back.context["buttons"]}
        assert client.get(buttons["On its page"], follow=True).status_code == 200

    return there_and_back


def test_an_owner_walks_from_each_door_to_the_other(walk: Callable[..., None], things: Things, alice: User) -> None:
    for thing, page in things.values():
        walk(alice, thing, page)


@pytest.mark.parametrize("who", ["bob", "vera"])
def test_a_member_and_a_viewer_use_both_doors(
    who: str, walk: Callable[..., None], things: Things, bob: User, vera: User
) -> None:
    for name, (thing, page) in things.items():
        if name != "webhook":  # they are for admins
            walk({"bob": bob, "vera": vera}[who], thing, page)


def test_whoever_may_not_see_a_thing_is_led_through_neither_door(
    browser: Browser, things: Things, vera: User, charlie: User
) -> None:
    webhook, page = things["webhook"]
    admin = reverse("admin:tenants_webhook_change", args=[webhook.pk])
    for user in (vera, charlie):
        answers = [browser(user).get(address).status_code for address in (page, admin)]
        assert answers[0] in {403, 404}
        assert answers[1] in {302, 403, 404}
