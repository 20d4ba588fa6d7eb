"""A guardrail as the management API shows it."""

from typing import Any

from analytics.models import Guardrail
from tenants.api.documents import Document, moment


def guardrail_document(guardrail: Guardrail) -> Document:
    return {
        "id": guardrail.id,
        "name": guardrail.name,
        "flag": guardrail.flag.key,
        "environment": guardrail.environment.key,
        "source": str(guardrail.source),
        "variant": guardrail.variant or None,
        "control": guardrail.control or None,
        "metric": guardrail.metric or None,
        "budget": guardrail.budget,
        "alpha": guardrail.alpha,
        "min_sample": guardrail.min_sample,
        "client_keys": guardrail.from_clients,
        "prometheus": _asked(guardrail) if guardrail.source == Guardrail.Source.PROMETHEUS else None,
        "action": str(guardrail.action),
        "dry_run": guardrail.is_dry_run,
        "recipients": guardrail.recipients,
        "state": str(guardrail.state),
        "armed_at": moment(guardrail.armed_at),
        "breached_at": moment(guardrail.breached_at),
        "done": guardrail.done or None,
        "looked_at": moment(guardrail.looked_at),
        "evidence": guardrail.evidence or None,
        "fault": guardrail.fault or None,
        "settled_at": moment(guardrail.settled_at),
        "settled_by": str(guardrail.settled_by) if guardrail.settled_by else None,
    }


def _asked(guardrail: Guardrail) -> dict[str, Any]:
    """Whoever sees the flag sees what is asked; what is shown to Prometheus nobody sees again."""
    return {
        "url": guardrail.url,
        "query": guardrail.query,
        "above": guardrail.is_above,
        "samples": guardrail.samples,
        "has_token": bool(guardrail.sealed_token),
    }
