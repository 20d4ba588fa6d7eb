"""An event as the bytes of a request, in the format that a webhook was made with."""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings

from tenants.models import Organization, Webhook
from tenants.webhooks.events import Event

# Slack takes 3,000 characters in a block.
LONGEST_TEXT = 2_000


def body_of(event: Event, webhook: Webhook) -> str:
    """ASCII, so that it is the same text for whoever reads it in whatever encoding."""
    return json.dumps(FORMATS[webhook.format](event, webhook.organization), separators=(",", ":"))


def _standard(event: Event, organization: Organization) -> dict[str, Any]:
    """As Standard Webhooks has it; `timestamp` is when it happened, not when it is told."""
    at = event.at.isoformat().replace("+00:00", "Z")
    return {"type": event.type, "id": event.id, "timestamp": at, "data": dict(event.data)}


def _slack(event: Event, organization: Organization) -> dict[str, Any]:
    """`text` is for notifications, and for what speaks Slack but knows no blocks."""
    told, small = _sentence(event), _small(event, organization)
    return {
        "text": f"{told} ({small})",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": told}},
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": f"{small} · <{_address(organization)}|Audit log>"}],
            },
        ],
    }


def _sentence(event: Event) -> str:
    """`*flag toggled*: checkout in production, now on`"""
    words = event.type.replace(".", " ").replace("_", " ")
    thing = event.data.get("object") or event.data.get("webhook") or {}
    name = event.data.get("summary") or thing.get("name") or ""
    comment = event.data.get("comment")
    told = f"*{words}*" + (f": {_plain(name)}" if name else "") + _switched(event)
    return told + (f"\n> {_plain(comment)}" if comment else "")


def _switched(event: Event) -> str:
    before, after = ((event.data.get(side) or {}) for side in ("before", "after"))
    if not isinstance(before, dict) or not isinstance(after, dict) or "enabled" not in after:
        return ""
    if before.get("enabled") == after["enabled"]:
        return ""
    return ", now on" if after["enabled"] else ", now off"


def _small(event: Event, organization: Organization) -> str:
    places = [organization.name, event.data.get("project"), event.data.get("environment")]
    actor = (event.data.get("actor") or {}).get("name")
    return _plain(" / ".join(place for place in places if place)) + (f", by {_plain(actor)}" if actor else "")


def _plain(text: str) -> str:
    """Slack's three letters that mean something, and no more than it takes; nobody's name makes a link or calls a channel."""
    shortened = str(text)[:LONGEST_TEXT]
    return shortened.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")


def _address(organization: Organization) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}/organizations/{organization.slug}/audit/"


FORMATS: dict[str, Callable[[Event, Organization], dict[str, Any]]] = {
    Webhook.Format.STANDARD: _standard,
    Webhook.Format.SLACK: _slack,
}
