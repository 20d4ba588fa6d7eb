"""Guardrails of the demo: one that keeps its budget, one that has just begun, and a dry run that was breached."""

from datetime import datetime, timedelta
from typing import Any

MINUTES = 45
BUSY = 420


def guard(now: datetime) -> None:
    from analytics.guardrails import watching
    from tenants.models import Environment

    production = Environment.objects.get(project__key="shop", key="production")
    fails = {"name": "Checkout fails", "source": "errors", "variant": "on", "budget": 0.02}
    _watched("new-checkout", production, fails, now)
    beside = {"name": "Fails more often than before", "control": "off", "budget": 0.5, "action": "pause"}
    _watched("new-checkout", production, fails | beside, now, minutes=0)
    tried = {"name": "Payments fail", "source": "errors", "variant": "on", "budget": 0.01, "is_dry_run": True}
    _watched("payments-v2", production, tried, now, breaks_for=3)
    watching.look(now=now)


def _watched(
    key: str,
    environment: Any,
    given: dict[str, Any],
    now: datetime,
    *,
    minutes: int = MINUTES,
    breaks_for: int = 0,
) -> None:
    from analytics.guardrails.services import create_guardrail
    from analytics.models import Guardrail, GuardrailPoint
    from flags.models import Flag
    from tenants.actors import Actor

    flag = Flag.objects.get(project=environment.project, key=key)
    guardrail = create_guardrail(flag, environment, given, actor=Actor.system("demo"))
    begin = now.replace(second=0, microsecond=0) - timedelta(minutes=minutes)
    for minute in range(minutes):
        fails = minute >= minutes - breaks_for
        for variant in filter(None, (guardrail.variant, guardrail.control)):
            trials = BUSY + 37 * (minute * 7 % 5)
            failures = trials // 9 if fails else minute * 5 % 4 + (variant == "off")
            GuardrailPoint.objects.create(
                organization=environment.organization,
                guardrail=guardrail,
                start=begin + timedelta(minutes=minute),
                variant=variant,
                trials=trials,
                failures=failures,
            )
    Guardrail.objects.filter(pk=guardrail.pk).update(armed_at=begin, is_due=bool(minutes))
