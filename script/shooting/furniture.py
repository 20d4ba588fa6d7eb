"""What an organization has beside its flags: a team, a role of its own, webhooks, a trigger, and something deleted."""

from typing import Any

COLLEAGUE = "mona@acme.example"


def furnish() -> None:
    from analytics.experiments.services import create_group
    from flags.models import Flag
    from flags.services import create_flag, create_segment, create_trigger, delete_flag, delete_segment
    from tenants.models import Environment, User
    from tenants.permissions import actor_of

    mona = actor_of(User.objects.get(email=COLLEAGUE))
    production = Environment.objects.get(project__key="shop", key="production")
    shop = production.project
    create_trigger(
        Flag.objects.get(project=shop, key="new-checkout"),
        production,
        name="Alarm of the checkout",
        action="off",
        actor=mona,
    )
    flag = create_flag(shop, {"key": "summer-sale", "name": "Summer sale", "tags": ["frontend"]}, actor=mona).thing
    delete_flag(flag, actor=mona, comment="It is autumn")
    segment = create_segment(shop, {"key": "first-buyers", "name": "First buyers"}, actor=mona).thing
    delete_segment(segment, actor=mona)
    create_group(shop, {"key": "first-page", "name": "The first page"}, actor=mona)
    _people(shop.organization, mona)
    _programs(shop, mona)


def _people(acme: Any, mona: Any) -> None:
    from tenants.models import User
    from tenants.services import add_to_team, create_role, create_team, set_team_role

    verbs = ["flag.view", "flag.kill", "flag.toggle"]
    on_call = create_role(
        acme, key="on-call", name="On call", description="At night and on weekends", verbs=verbs, actor=mona
    )
    team = create_team(acme, key="payments", name="Payments", actor=mona)
    for email in (COLLEAGUE, "jonas@acme.example"):
        add_to_team(team, user=User.objects.get(email=email), actor=mona)
    set_team_role(acme, team=team, role=on_call, actor=mona)


def _programs(shop: Any, mona: Any) -> None:
    from tenants.services import create_webhook, disable_webhook, test_webhook

    chat, _ = create_webhook(scope=shop, name="Team chat", url="https://chat.example.com/hooks/shop", actor=mona)
    test_webhook(chat, actor=mona)
    asked = ["flag.toggled", "flag.killed"]
    url = "https://ci.example.com/flags"
    ci, _ = create_webhook(scope=shop.organization, name="Deployments", url=url, events=asked, actor=mona)
    disable_webhook(ci, actor=mona)
