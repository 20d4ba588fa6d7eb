"""The documents of tenants as JSON Schemas, by the names under which the OpenAPI document refers to them."""

from tenants.api.json_schema import FLAG, MOMENT, NUMBER, SLUG, TEXT, TITLE, Schema, answer, body, or_null
from tenants.api.outgoing_components import COMPONENTS as OF_OUTGOING
from tenants.chain.findings import KINDS
from tenants.limit_bounds import HIGHEST, HIGHEST_OF_ALL
from tenants.limits import NOUNS
from tenants.models import ApiKey, AuditCheckpoint, Environment
from tenants.models.purges import LABELS
from tenants.models.roles import LONGEST_DESCRIPTION
from tenants.retention import LONGEST, LONGEST_LOG, SHORTEST
from tenants.roles import GIVEABLE, Role
from tenants.services.leaked_keys import Outcome

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
COLOR: Schema = {"type": "string", "enum": Environment.Color.values}


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
    **OF_OUTGOING,
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
