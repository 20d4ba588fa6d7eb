"""How guardrails read on a page."""

from django import template

from analytics.guardrails import words
from analytics.models import Guardrail

register = template.Library()


@register.filter
def rule(guardrail: Guardrail) -> str:
    return words.rule_of(guardrail)


@register.filter
def seen(guardrail: Guardrail) -> str:
    return words.evidence_of(guardrail)


@register.filter
def outcome(guardrail: Guardrail) -> str:
    """What became of the flag; empty without a breach."""
    return words.DONE.get(guardrail.done, "")


@register.filter
def chance(guardrail: Guardrail) -> str:
    """How rarely evidence this strong comes while the budget is kept, as `once in 10,000 watches`."""
    seen = guardrail.evidence
    if "e_value" not in seen:
        return ""
    strength = seen["e_value"] / seen["needed"] / seen["alpha"]
    if strength < 1:
        return ""
    return f"once in {strength:,.0f} watches" if strength < 1e9 else "less than once in a thousand million watches"


@register.filter
def percent(share: float) -> str:
    return words.percent(share)
