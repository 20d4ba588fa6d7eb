"""What a guardrail shows to the Prometheus that it asks, sealed in its row."""

from urllib.parse import urlsplit

from analytics.models import Guardrail
from tenants import sealing
from tenants.webhooks.addresses import port_of

TOKEN = sealing.declare(
    "analytics.Guardrail", "sealed_token", purpose=lambda row: f"guardrail {row.pk}", name="tokens of guardrails"
)


def give(guardrail: Guardrail, token: str) -> None:
    """Seal it into the row, which is not saved; an empty one is none."""
    guardrail.sealed_token = TOKEN.seal(token.encode(), guardrail) if token else ""


def token_of(guardrail: Guardrail) -> str:
    """Empty where it has none. Raises `SealBroken`."""
    return TOKEN.unseal(guardrail.sealed_token, guardrail).decode() if guardrail.sealed_token else ""


def origin_of(guardrail: Guardrail) -> tuple[str, str, int]:
    """Scheme, host and port of whom it asks: a token is meant for one of them alone."""
    parts = urlsplit(guardrail.url)
    return parts.scheme, parts.hostname or "", port_of(parts)
