"""Secrets of webhooks, and the signatures that show a receiver that a request is ours (Standard Webhooks)."""

import base64
import secrets
from datetime import datetime

from standardwebhooks import Webhook as Signer

from tenants import sealing
from tenants.models import Webhook

PREFIX = "whsec_"
SECRET = sealing.declare(
    "tenants.Webhook", "sealed_secret", purpose=lambda row: f"webhook {row.pk}", name="secrets of webhooks"
)
OLD_SECRET = sealing.declare(
    "tenants.Webhook", "sealed_old_secret", purpose=lambda row: f"webhook {row.pk}", name="old secrets of webhooks"
)


def mint() -> str:
    """256 random bits, in the spelling that every library of Standard Webhooks takes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def give(webhook: Webhook, secret: str) -> None:
    """Seal it into the row, which is not saved."""
    webhook.sealed_secret = SECRET.seal(secret.encode(), webhook)


def rotate(webhook: Webhook, old: str, secret: str, old_until: datetime | None) -> None:
    """The same; the old one holds beside it until then, or, without a time, no longer."""
    give(webhook, secret)
    webhook.sealed_old_secret = OLD_SECRET.seal(old.encode(), webhook) if old_until else ""
    webhook.old_secret_until = old_until


def secrets_of(webhook: Webhook, now: datetime) -> list[str]:
    """The one that holds, and after a rotation the one before it as long as both do."""
    found = [SECRET.unseal(webhook.sealed_secret, webhook)]
    if webhook.sealed_old_secret and webhook.old_secret_until is not None and webhook.old_secret_until > now:
        found.append(OLD_SECRET.unseal(webhook.sealed_old_secret, webhook))
    return [secret.decode() for secret in found]


def headers_of(webhook: Webhook, event_id: str, body: str, now: datetime) -> dict[str, str]:
    """A signature by each secret that holds: a receiver that knows either of them is content."""
    signatures = [Signer(secret).sign(event_id, now, body) for secret in secrets_of(webhook, now)]
    return {
        "Content-Type": "application/json",
        "User-Agent": "FlagForge-Webhook/1",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
