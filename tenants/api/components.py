"""The documents of tenants as JSON Schemas, by the names under which the OpenAPI document refers to them."""

from collections.abc import Sequence
from typing import Any

from tenants.alerts.hours import DAYS
from tenants.alerts.matching import ACTOR_KINDS, SUBJECTS
from tenants.chain.findings import KINDS
from tenants.limit_bounds import HIGHEST, HIGHEST_OF_ALL
from tenants.limits import NOUNS
from tenants.models import ApiKey, AuditCheckpoint, Environment, Webhook, WebhookDelivery
from tenants.models.organizations import SLUG_PATTERN
from tenants.models.purges import LABELS
from tenants.models.roles import LONGEST_DESCRIPTION
from tenants.retention import LONGEST, LONGEST_LOG, SHORTEST
from tenants.roles import GIVEABLE, Role
from tenants.services.alerts import MOST_BY, MOST_RECIPIENTS
from tenants.services.leaked_keys import Outcome
from tenants.services.webhooks import MOST_NAMES
from tenants.webhooks.addresses import LONGEST_URL
from tenants.webhooks.events import EVENT_TYPES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
SLUG: Schema = {"type": "string", "pattern": SLUG_PATTERN.replace(r"\Z", "$")}
TITLE: Schema = {"type": "string", "minLength": 1, "maxLength": 100}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
COMMENT: Schema = {"type": "string", "maxLength": 2000, "description": "Why; goes into the audit log."}
ROLE: Schema = {
    "type": "string",
    "description": f"One of {', '.join(Role.labels)}, or the key of a role that the organization made for itself.",
}
VERBS: Schema = {"type": "array", "items": {"type": "string", "enum": [*GIVEABLE]}}
DESCRIPTION: Schema = {"type": "string", "maxLength": LONGEST_DESCRIPTION}
KIND: Schema = {"type": "string", "enum": ApiKey.Kind.values}
LIMITS: Schema = {
    "type": "object",
    "description": "What the key may use of one process; a member that is missing is no limit.",
    "properties": {
        name: {"type": "integer", "minimum": 1, "maximum": 1_000_000}
        for name in ("requests_per_second", "burst", "streams")
    },
    "additionalProperties": False,
}
OWN_LIMITS: Schema = {
    "type": "object",
    "description": "Those of its own; for those left out the instance's hold.",
    "properties": {
        name: {"type": "integer", "minimum": 0, "maximum": HIGHEST.get(name, HIGHEST_OF_ALL)} for name in NOUNS
    },
    "additionalProperties": False,
}
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
COLOR: Schema = {"type": "string", "enum": Environment.Color.values}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def answer(**members: Schema) -> Schema:
    """What is answered: every member is there."""
    return {"type": "object", "required": list(members), "properties": members}


def body(required: Sequence[str] = (), /, **members: Schema) -> Schema:
    """What is written: nothing unknown, and a comment if one likes."""
    whole: Schema = {"type": "object", "properties": {**members, "comment": COMMENT}, "additionalProperties": False}
    return whole | ({"required": list(required)} if required else {})


def reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def page_of(name: str) -> Schema:
    link = or_null({"type": "string", "format": "uri"})
    return answer(next=link, previous=link, results={"type": "array", "items": reference(name)})


FAULT = answer(path=TEXT, message=TEXT)
# Where the member at the path is a text of many lines.
FAULT["properties"] |= {"line": NUMBER, "column": NUMBER}
COMPONENTS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457. `errors` names the path of each fault in a body or query.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": NUMBER,
            "detail": TEXT,
            "errors": {"type": "array", "items": FAULT},
        },
    },
    "Comment": body(),
    "Organization": answer(
        id=TEXT,
        slug=SLUG,
        name=TEXT,
        retention_days=NUMBER,
        audit_days=NUMBER | {"description": "How long the audit log is kept; 0: for ever."},
        mfa_required=FLAG,
        revokes_leaked_keys=FLAG,
        created_at=MOMENT,
    ),
    "OrganizationNew": body(["slug"], slug=SLUG, name=TITLE),
    "OrganizationBody": body(
        slug=SLUG,
        name=TITLE,
        mfa_required=FLAG,
        revokes_leaked_keys=FLAG,
        retention_days={"type": "integer", "minimum": SHORTEST, "maximum": LONGEST},
        audit_days={"type": "integer", "minimum": 0, "maximum": LONGEST_LOG},
    ),
    "Project": answer(id=TEXT, key=SLUG, name=TEXT, max_prerequisite_depth=NUMBER, created_at=MOMENT),
    "ProjectNew": body(["key"], key=SLUG, name=TITLE),
    "ProjectBody": body(key=SLUG, name=TITLE),
    "Environment": answer(
        id=TEXT, key=SLUG, name=TEXT, color=COLOR, is_protected=FLAG, position=NUMBER, created_at=MOMENT
    ),
    "EnvironmentNew": body(["key"], key=SLUG, name=TITLE, color=COLOR, is_protected=FLAG),
    "EnvironmentBody": body(
        key=SLUG,
        name=TITLE,
        color=COLOR,
        is_protected=FLAG,
        position={"type": "integer", "minimum": 0, "maximum": 32767},
    ),
    "ApiKey": answer(
        id=TEXT,
        kind=KIND,
        name=TEXT,
        prefix=TEXT,
        secret=or_null(TEXT)
        | {"description": "The whole key: in the answer to its creation, and always for client keys; else null."},
        role=or_null(ROLE),
        project=or_null(SLUG),
        environment=or_null(SLUG),
        origins={"type": "array", "items": TEXT},
        limits=LIMITS,
        created_at=MOMENT,
        expires_at=or_null(MOMENT),
        revoked_at=or_null(MOMENT),
        last_used_at=or_null(MOMENT),
        leaked_at=or_null(MOMENT),
        replaces=or_null(TEXT) | {"description": "The id of the key whose place it took."},
    ),
    "ApiKeyNew": body(
        ["kind", "name"],
        kind=KIND,
        name=TITLE,
        project=SLUG,
        environment=SLUG,
        role=ROLE,
        origins={"type": "array", "items": TEXT, "maxItems": 50},
        limits=LIMITS,
        expires_at=MOMENT,
    ),
    "ApiKeyPatch": body([], name=TITLE, origins={"type": "array", "items": TEXT, "maxItems": 50}, limits=LIMITS),
    "ApiKeyRotation": body(
        ["overlap_seconds"],
        overlap_seconds={
            "type": "integer",
            "minimum": 0,
            "maximum": 7_776_000,
            "description": "So long the old key works on.",
        },
    ),
    "AuditEvent": answer(
        id=TEXT,
        position=NUMBER,
        at=MOMENT,
        actor=answer(kind=TEXT, id=TEXT, name=TEXT),
        verb=TEXT,
        object=answer(type=TEXT, id=TEXT, name=TEXT),
        before={},
        after={},
        comment=TEXT,
        request_id=TEXT,
        ip=or_null(TEXT),
        hash=TEXT,
    ),
    "AuditEntry": answer(
        id=TEXT,
        chain=TEXT,
        position=NUMBER,
        at=MOMENT,
        actor=answer(kind=TEXT, id=TEXT, name=TEXT),
        verb=TEXT,
        object=answer(type=TEXT, id=TEXT, name=TEXT),
        project=TEXT,
        environment=TEXT,
        before={},
        after={},
        comment=TEXT,
        request_id=TEXT,
        ip=or_null(TEXT),
        nonce=TEXT,
        payload_hash=TEXT,
        person_nonce=TEXT,
        person_hash=TEXT,
        previous_hash=TEXT,
        hash=TEXT,
    ),
    "AuditReport": answer(
        intact=FLAG,
        chain=TEXT,
        entries=NUMBER,
        first=NUMBER,
        last=NUMBER,
        signed=NUMBER | {"description": "Up to there a checkpoint vouches for it; 0: none does."},
        faults=NUMBER,
        findings={
            "type": "array",
            "items": answer(
                kind={"type": "string", "enum": [*KINDS]}, first=NUMBER, last=NUMBER, words=TEXT, entry=TEXT
            ),
        },
        remarks={"type": "array", "items": TEXT},
    ),
    "AuditCheckpoint": answer(
        chain=TEXT,
        position=NUMBER,
        hash=TEXT,
        at=MOMENT,
        kind={"type": "string", "enum": AuditCheckpoint.Kind.values},
        kid=TEXT,
        signature=TEXT,
    ),
    "PublicKeys": answer(
        keys={"type": "array", "items": answer(kty=TEXT, crv=TEXT, x=TEXT, kid=TEXT, alg=TEXT, use=TEXT)}
    ),
    "LeakedKeys": answer(
        results={
            "type": "array",
            "items": answer(
                prefix=TEXT, kind=KIND, outcome={"type": "string", "enum": [str(outcome) for outcome in Outcome]}
            ),
        }
    ),
    "LeakedKeysBody": {
        "type": "object",
        "required": ["keys"],
        "properties": {
            "keys": {"type": "array", "items": TEXT, "maxItems": 100},
            "found_at": {"type": "string", "maxLength": 2000, "description": "Where; goes into the audit log."},
        },
        "additionalProperties": False,
    },
    "Limits": answer(
        limits=OWN_LIMITS,
        usage={
            "type": "array",
            "items": answer(
                name={"type": "string", "enum": list(NOUNS)},
                used=or_null(NUMBER) | {"description": "Null for what is counted in each flag."},
                most=NUMBER,
                project=or_null(SLUG) | {"description": "The fullest, where each project has so many of its own."},
            ),
        },
    ),
    "LimitsBody": body(["limits"], limits=OWN_LIMITS),
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
    "Invitation": answer(
        id=TEXT,
        email=TEXT,
        role=ROLE,
        project=or_null(SLUG),
        environment=or_null(SLUG),
        link=or_null(TEXT) | {"description": "Where it is accepted: in the answer to its creation, else null."},
        created_at=MOMENT,
        expires_at=MOMENT,
    ),
    "InvitationNew": body(
        ["email", "role"],
        email={"type": "string", "format": "email", "maxLength": 254},
        role=ROLE,
        project=SLUG,
        environment=SLUG,
    ),
    "DeletedThings": answer(
        results={
            "type": "array",
            "items": answer(
                id=TEXT,
                kind={"type": "string", "enum": ["project", "environment", "flag", "segment"]},
                key=TEXT,
                name=TEXT,
                project=or_null(SLUG),
                deleted_at=MOMENT,
                deleted_by=or_null(TEXT),
                until=MOMENT | {"description": "When it stops being able to come back."},
            ),
        }
    ),
    "Purge": answer(
        id=TEXT,
        kind=TEXT,
        key=TEXT,
        name=TEXT,
        thing=TEXT | {"description": "The id of what goes."},
        is_at_once=FLAG | {"description": "Somebody asked for it before its time was over."},
        begun_at=MOMENT,
        finished_at=or_null(MOMENT),
        stages={
            "type": "array",
            "items": answer(
                name={"type": "string", "enum": list(LABELS)},
                removed={"type": "object", "additionalProperties": NUMBER},
                attempts=NUMBER | {"description": "How often it failed."},
                last_error=TEXT,
                not_before=or_null(MOMENT) | {"description": "When it is tried again."},
                done_at=or_null(MOMENT),
            ),
        },
    ),
    "PurgeBody": body(["confirm"], confirm=TEXT | {"description": "The key or slug of what goes, once more."}),
    "Role": answer(id=TEXT, key=SLUG, name=TEXT, description=TEXT, verbs=VERBS, created_at=MOMENT),
    "RoleNew": body(["key", "verbs"], key=SLUG, name=TITLE, description=DESCRIPTION, verbs=VERBS),
    "RolePatch": body([], name=TITLE, description=DESCRIPTION, verbs=VERBS),
    "Team": answer(
        id=TEXT,
        key=SLUG,
        name=TEXT,
        members={"type": "array", "items": answer(id=TEXT, email=TEXT, name=TEXT)},
        roles={"type": "array", "items": answer(role=ROLE, project=or_null(SLUG), environment=or_null(SLUG))},
        created_at=MOMENT,
    ),
    "TeamNew": body(["key"], key=SLUG, name=TITLE),
    "TeamPatch": body([], name=TITLE),
    "TeamRole": body(["role"], role=ROLE, project=SLUG, environment=SLUG),
    "Member": answer(id=TEXT, email=TEXT, name=TEXT, role=or_null(ROLE), since=MOMENT),
    "MemberBody": body(["role"], role=ROLE),
}
