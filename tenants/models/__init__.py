"""Every table of the tenants app."""

from tenants.models.alerts import Alert, RaisedAlert
from tenants.models.api_keys import ApiKey
from tenants.models.audit import INSTANCE_CHAIN, AuditCheckpoint, AuditEvent, AuditHead, AuditKey
from tenants.models.backups import BackupRun
from tenants.models.mail import KnownDevice, Mail
from tenants.models.organizations import Invitation, Membership, Organization
from tenants.models.outbox import OutboxEvent
from tenants.models.processes import Process
from tenants.models.projects import Environment, Project
from tenants.models.purges import Purge, PurgeStage
from tenants.models.roles import CustomRole, Team
from tenants.models.runtime import RuntimeSetting
from tenants.models.users import User, WatchMail
from tenants.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "INSTANCE_CHAIN",
    "Alert",
    "ApiKey",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditHead",
    "AuditKey",
    "BackupRun",
    "CustomRole",
    "Environment",
    "Invitation",
    "KnownDevice",
    "Mail",
    "Membership",
    "Organization",
    "OutboxEvent",
    "Process",
    "Project",
    "Purge",
    "PurgeStage",
    "RaisedAlert",
    "RuntimeSetting",
    "Team",
    "User",
    "WatchMail",
    "Webhook",
    "WebhookDelivery",
]
