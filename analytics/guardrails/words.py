"""What a guardrail says, in a sentence: in the audit log, in mails and on its page."""

from datetime import datetime
from typing import Any

from analytics.models import Guardrail

DONE = {
    "killed": "turned off",
    "was_off": "off already",
    "would_kill": "not turned off: it is a dry run",
    "paused": "its rollout stays where it is",
    "no_rollout": "no rollout was going on",
    "would_pause": "its rollout goes on: it is a dry run",
    "told": "left as it is: it only tells",
}


def rule_of(guardrail: Guardrail) -> str:
    """What it promises."""
    if guardrail.source == Guardrail.Source.PROMETHEUS:
        side = "above" if guardrail.is_above else "below"
        return f"not {side} {guardrail.budget:g} in {guardrail.samples} answers of Prometheus in a row"
    if guardrail.source == Guardrail.Source.METRIC:
        return (
            f"{guardrail.metric} of {guardrail.variant} at most {percent(guardrail.budget)} worse than of the control"
        )
    if guardrail.control:
        return (
            f"errors of {guardrail.variant} at most {percent(guardrail.budget)} more often than of {guardrail.control}"
        )
    return f"errors of {guardrail.variant} at most {percent(guardrail.budget)}"


def evidence_of(guardrail: Guardrail) -> str:
    """What the last look saw; of a breach, what showed it. Empty before there is anything."""
    seen = guardrail.evidence
    if not seen:
        return ""
    since = f"since {datetime.fromisoformat(seen['since']):%-d %b %H:%M} UTC"
    if guardrail.source == Guardrail.Source.PROMETHEUS:
        return f"Prometheus answered {', '.join(f'{value:g}' for value in seen['values'])} {since}"
    if guardrail.source == Guardrail.Source.METRIC:
        return f"{_measured(guardrail, seen)} {since}"
    told = f"{_failed(seen)} of {guardrail.variant} failed {since}"
    if "control" in seen:
        return f"{told}, and {_failed(seen['control'])} of {guardrail.control}"
    return told


def _measured(guardrail: Guardrail, seen: dict[str, Any]) -> str:
    control, side = seen["control"], "least" if seen["higher_is_better"] else "most"
    return (
        f"{guardrail.metric} is {seen['value']:.4g} with {guardrail.variant} ({seen['subjects']:,} subjects) and"
        f" {control['value']:.4g} with {control['variant']} ({control['subjects']:,}), so at {side} {seen['allowed']:.4g}"
        " is allowed,"
    )


def _failed(seen: dict[str, float]) -> str:
    return f"{seen['failures']:,} of {seen['requests']:,} requests ({percent(seen['rate'])})"


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"
