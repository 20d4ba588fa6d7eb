"""Tenants as plain data: the answers of the management API."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tenants.deleted import Deleted
from tenants.models import (
    Alert,
    ApiKey,
    AuditEvent,
    CustomRole,
    Environment,
    Invitation,
    Organization,
    Project,
    Purge,
    PurgeStage,
    Webhook,
    WebhookDelivery,
)
from tenants.roles import AnyRole
from tenants.selectors import Member, TeamInFull
from tenants.usage import Usage

Document = dict[str, Any]


def moment(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def role_name(role: AnyRole | None) -> str | None:
    """As bodies name it: one of the four by its name, an organization's own by its key."""
    if role is None:
        return None
    return role.key if isinstance(role, CustomRole) else role.label


def organization_document(organization: Organization) -> Document:
    return {
        "id": organization.id,
        "slug": organization.slug,
        "name": organization.name,
        "retention_days": organization.retention_days,
        "audit_days": organization.audit_days,
        "mfa_required": organization.mfa_required,
        "revokes_leaked_keys": organization.revokes_leaked_keys,
        "created_at": moment(organization.created_at),
    }


def project_document(project: Project) -> Document:
    return {
        "id": project.id,
        "key": project.key,
        "name": project.name,
        "max_prerequisite_depth": project.max_prerequisite_depth,
        "created_at": moment(project.created_at),
    }


def environment_document(environment: Environment) -> Document:
    return {
        "id": environment.id,
        "key": environment.key,
        "name": environment.name,
        "color": str(environment.color),
        "is_protected": environment.is_protected,
        "position": environment.position,
        "created_at": moment(environment.created_at),
    }


def api_key_document(api_key: ApiKey, secret: str | None = None) -> Document:
    """`secret` is the whole key: given when it was just made, and always for client keys, which are public by nature."""
    return {
        "id": api_key.id,
        "kind": api_key.kind,
        "name": api_key.name,
        "prefix": api_key.prefix,
        "secret": secret or api_key.readable or None,
        "role": role_name(api_key.granted_role),
        "project": api_key.project.key if api_key.project else None,
        "environment": api_key.environment.key if api_key.environment else None,
        "origins": api_key.origins,
        "limits": api_key.limits,
        "created_at": moment(api_key.created_at),
        "expires_at": moment(api_key.expires_at),
        "revoked_at": moment(api_key.revoked_at),
        "last_used_at": moment(api_key.last_used_at),
        "leaked_at": moment(api_key.leaked_at),
        "replaces": api_key.replaces_id,
    }


def webhook_document(webhook: Webhook, secret: str | None = None) -> Document:
    """`secret` is given when it was just made, and never again."""
    return {
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "format": str(webhook.format),
        "events": webhook.events,
        "flags": webhook.flags,
        "tags": webhook.tags,
        "project": webhook.project.key if webhook.project else None,
        "environment": webhook.environment.key if webhook.environment else None,
        "secret": secret,
        "old_secret_until": moment(webhook.old_secret_until),
        "is_enabled": webhook.disabled_at is None,
        "disabled_at": moment(webhook.disabled_at),
        "disabled_because": webhook.disabled_because,
        "failures": webhook.failures,
        "failing_since": moment(webhook.failing_since),
        "created_at": moment(webhook.created_at),
    }


def alert_document(alert: Alert) -> Document:
    return {
        "id": alert.id,
        "name": alert.name,
        "events": alert.events,
        "by": alert.by,
        "working_hours": alert.working_hours,
        "recipients": alert.recipients,
        "project": alert.project.key if alert.project else None,
        "environment": alert.environment.key if alert.environment else None,
        "created_at": moment(alert.created_at),
    }


def delivery_document(delivery: WebhookDelivery) -> Document:
    """`body` is the text that is sent; `answer` how the last answer began."""
    waits = delivery.state == WebhookDelivery.State.WAITING
    return {
        "id": delivery.event_id,
        "type": delivery.event_type,
        "state": str(delivery.state),
        "created_at": moment(delivery.created_at),
        "next_attempt_at": moment(delivery.not_before) if waits else None,
        "done_at": moment(delivery.done_at),
        "attempts": delivery.attempts,
        "answer": delivery.answer,
        "body": delivery.body,
    }


def limits_document(organization: Organization, usages: Iterable[Usage]) -> Document:
    """`limits` are those of its own, which may be put back; `project` is the fullest, where each has so many."""
    usage = [
        {
            "name": one.name,
            "used": one.used,
            "most": one.most,
            "project": one.project.key if one.project is not None else None,
        }
        for one in usages
    ]
    return {"limits": organization.limits, "usage": usage}


def audit_document(event: AuditEvent) -> Document:
    return {
        "id": event.id,
        "position": event.position,
        "at": moment(event.at),
        "actor": {"kind": event.actor_kind, "id": event.actor_id, "name": event.actor_name},
        "verb": event.verb,
        "object": {"type": event.object_type, "id": event.object_id, "name": event.object_name},
        "before": event.before,
        "after": event.after,
        "comment": event.comment,
        "request_id": event.request_id,
        "ip": event.ip,
        "hash": event.hash,
    }


def invitation_document(invitation: Invitation, link: str | None = None) -> Document:
    """`link` is where it is accepted: given when it was just made, and never again."""
    return {
        "id": invitation.id,
        "email": invitation.email,
        "role": role_name(invitation.granted_role),
        "project": invitation.project.key if invitation.project else None,
        "environment": invitation.environment.key if invitation.environment else None,
        "link": link,
        "created_at": moment(invitation.created_at),
        "expires_at": moment(invitation.expires_at),
    }


def role_document(role: CustomRole) -> Document:
    return {
        "id": role.id,
        "key": role.key,
        "name": role.name,
        "description": role.description,
        "verbs": role.verbs,
        "created_at": moment(role.created_at),
    }


def team_document(team: TeamInFull) -> Document:
    return {
        "id": team.team.id,
        "key": team.team.key,
        "name": team.team.name,
        "members": [{"id": user.id, "email": user.email, "name": user.name} for user in team.people],
        "roles": [{"role": role_name(role), **place_document(place)} for place, role in team.roles],
        "created_at": moment(team.team.created_at),
    }


def place_document(place: Organization | Project | Environment) -> Document:
    """As bodies name a place: both null for the organization itself."""
    environment = place if isinstance(place, Environment) else None
    project = environment.project if environment else place if isinstance(place, Project) else None
    return {"project": project.key if project else None, "environment": environment.key if environment else None}


def deleted_document(deleted: Deleted) -> Document:
    """`until` is when it stops being able to come back."""
    thing = deleted.thing
    project = getattr(thing, "project", None)
    return {
        "id": thing.id,
        "kind": deleted.kind,
        "key": deleted.key,
        "name": thing.name,
        "project": project.key if project else None,
        "deleted_at": moment(thing.deleted_at),
        "deleted_by": str(thing.deleted_by) if thing.deleted_by else None,
        "until": moment(deleted.until),
    }


def purge_document(purge: Purge) -> Document:
    return {
        "id": purge.id,
        "kind": purge.kind,
        "key": purge.key,
        "name": purge.name,
        "thing": purge.thing_id,
        "is_at_once": purge.is_at_once,
        "begun_at": moment(purge.begun_at),
        "finished_at": moment(purge.finished_at),
        "stages": [_stage_document(stage) for stage in purge.stages.all()],
    }


def _stage_document(stage: PurgeStage) -> Document:
    return {
        "name": stage.name,
        "removed": stage.removed,
        "attempts": stage.attempts,
        "last_error": stage.last_error,
        "not_before": moment(stage.not_before),
        "done_at": moment(stage.done_at),
    }


def member_document(member: Member) -> Document:
    return {
        "id": member.user.id,
        "email": member.user.email,
        "name": member.user.name,
        "role": role_name(member.role),
        "since": moment(member.membership.created_at),
    }
