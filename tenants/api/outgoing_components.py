"""The documents of what goes out to somebody: webhooks and alerts."""

from tenants.alerts.hours import DAYS
from tenants.alerts.matching import ACTOR_KINDS, SUBJECTS
from tenants.api.json_schema import FLAG, MOMENT, NUMBER, SLUG, TEXT, TITLE, Schema, answer, body, or_null
from tenants.models import Webhook, WebhookDelivery
from tenants.services.alerts import MOST_BY, MOST_RECIPIENTS
from tenants.services.webhooks import MOST_NAMES
from tenants.webhooks.addresses import LONGEST_URL
from tenants.webhooks.events import EVENT_TYPES

HOOK: dict[str, Schema] = {
    "name": TITLE,
    "url": {"type": "string", "format": "uri", "maxLength": LONGEST_URL},
    "format": {"type": "string", "enum": Webhook.Format.values},
    "events": {
        "type": "array",
        "items": {"type": "string", "enum": list(EVENT_TYPES)},
        "description": "Types of events; empty: all of them.",
    },
    "flags": {
        "type": "array",
        "items": TEXT,
        "maxItems": MOST_NAMES,
        "description": "Keys of flags of the project: it hears of what happens to these, and of nothing else.",
    },
    "tags": {
        "type": "array",
        "items": TEXT,
        "maxItems": MOST_NAMES,
        "description": "The same by tags; where both are given, either is enough.",
    },
}
WORKING_HOURS: Schema = {
    "type": "object",
    "description": "In them nothing is told; empty: it is told at any time.",
    "properties": {
        "days": {"type": "array", "items": {"type": "string", "enum": list(DAYS)}, "minItems": 1},
        "from": {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"},
        "until": {
            "type": "string",
            "pattern": "^[0-2][0-9]:[0-5][0-9]$",
            "description": "Before `from`: on the day after.",
        },
        "time_zone": {"type": "string", "description": "A name of the IANA database, as in Europe/Riga."},
    },
    "additionalProperties": False,
}
ALERT: dict[str, Schema] = {
    "name": TITLE,
    "events": {
        "type": "array",
        "items": {"type": "string", "enum": list(SUBJECTS)},
        "description": "Types of events, or what they are about, as in flag; empty: all of them.",
    },
    "by": {
        "type": "array",
        "items": TEXT,
        "maxItems": MOST_BY,
        "description": f"{', '.join(ACTOR_KINDS)}, and ids of members and API keys; empty: whoever it is.",
    },
    "working_hours": WORKING_HOURS,
    "recipients": {
        "type": "array",
        "items": TEXT,
        "maxItems": MOST_RECIPIENTS,
        "description": "Ids of members who get a mail of what they may see in the audit log.",
    },
}

COMPONENTS: dict[str, Schema] = {
    "Webhook": answer(
        id=TEXT,
        **HOOK,
        project=or_null(SLUG),
        environment=or_null(SLUG),
        secret=or_null(TEXT) | {"description": "In the answer to its creation and to a rotation, else null."},
        old_secret_until=or_null(MOMENT) | {"description": "So long the secret before signs too."},
        is_enabled=FLAG,
        disabled_at=or_null(MOMENT),
        disabled_because=TEXT | {"description": "Empty: somebody wanted it so."},
        failures=NUMBER | {"description": "In a row."},
        failing_since=or_null(MOMENT),
        created_at=MOMENT,
    ),
    "WebhookNew": body(["name", "url"], **HOOK, project=SLUG, environment=SLUG),
    "WebhookPatch": body([], **HOOK, is_enabled=FLAG),
    "WebhookRotation": body(
        ["overlap_seconds"],
        overlap_seconds={
            "type": "integer",
            "minimum": 0,
            "maximum": 2_592_000,
            "description": "So long the old secret signs beside the new one.",
        },
    ),
    "Alert": answer(id=TEXT, **ALERT, project=or_null(SLUG), environment=or_null(SLUG), created_at=MOMENT),
    "AlertNew": body(["name"], **ALERT, project=SLUG, environment=SLUG),
    "AlertPatch": body([], **ALERT),
    "WebhookReplay": body(["since"], since=MOMENT),
    "WebhookReplayed": answer(deliveries=NUMBER),
    "WebhookDelivery": answer(
        id=TEXT | {"description": "That of the event, the same in every attempt."},
        type=TEXT,
        state={"type": "string", "enum": WebhookDelivery.State.values},
        created_at=MOMENT,
        next_attempt_at=or_null(MOMENT),
        done_at=or_null(MOMENT),
        attempts={
            "type": "array",
            "description": "The latest twenty.",
            "items": answer(at=MOMENT, status=or_null(NUMBER), ms=NUMBER, fault=TEXT),
        },
        answer=TEXT | {"description": "How the last answer began: 1 KB of it."},
        body=TEXT | {"description": "The very text that is sent."},
    ),
}
