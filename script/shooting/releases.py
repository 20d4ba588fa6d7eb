"""Rollouts of the demo: one that goes on, one that a guardrail paused, one that waits for its day, and two that are over."""

from datetime import timedelta
from typing import Any

from tenants.actors import Actor


def roll_out(mona: Actor) -> None:
    from django.utils import timezone

    from analytics.models import Rollout
    from analytics.rollouts import services
    from analytics.rollouts.steps import Step, preset_steps
    from flags.models import Flag
    from tenants import outbox
    from tenants.models import Environment

    production, now = Environment.objects.get(project__key="shop", key="production"), timezone.now()

    def plan(key: str, variant: str, name: str, preset: str = "canary", **given: Any) -> Rollout:
        steps = preset_steps(preset, minimum_sample=5_000)
        flag = Flag.objects.get(key=key)
        how = {"variant": variant, "steps": steps, "preset": preset, "name": name} | given
        return services.create(flag, production, **how, actor=mona)

    slowly = [Step(1, 3600), Step(5, 3600, 5_000), Step(25, 3600, 5_000), Step(100)]
    services.roll_back(
        services.start(plan("banner-text", "sale", "Sale"), actor=mona), actor=mona, comment="Wrong year"
    )
    going = services.start(plan("items-per-page", "many", "Longer pages", steps=slowly), actor=mona)
    outbox.drain()
    services.next_step(going, actor=mona)
    Rollout.objects.filter(pk=going.pk).update(since=now - timedelta(minutes=50))
    paused = services.start(plan("theme", "dark", "Dark by default"), actor=mona)
    guardrail = Actor.system("guardrail Checkout errors")
    reason = "2.4 % of requests failed with dark, and 1 % may."
    evidence = {"variant": "dark", "requests": 1250, "errors": 30, "budget": 0.01}
    services.pause(paused, actor=guardrail, comment=reason, evidence=evidence)
    plan("price-discount", "loyal", "Loyal customers", "blue_green", starts_at=now + timedelta(days=3))
