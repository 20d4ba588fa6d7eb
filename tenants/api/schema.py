"""What the OpenAPI document says about tenants."""

from tenants.api.describe import acts, creates, deletes, described, lists, patches, puts, query, reads, streams
from tenants.audit.exporting import FORMATS
from tenants.models import ApiKey, WebhookDelivery

organizations = described(
    get=lists("organization_list", "Organization"),
    post=creates("organization_create", "Organization", "OrganizationNew", {"slug": "acme", "name": "Acme"}),
)
organization = described(
    get=reads("organization_get", "Organization"),
    put=puts("organization_put", "Organization", "OrganizationBody", may_create=False),
    patch=patches("organization_edit", "Organization", "OrganizationBody"),
    delete=deletes("organization_delete"),
)
undelete_organization = described(post=acts("organization_undelete", "Organization"))
deleted = described(get=reads("deleted_list", "DeletedThings"))
purge_deleted = described(
    post=acts("deleted_purge", "Purge", "PurgeBody", {"confirm": "checkout", "comment": "A mistake"}, status=202)
)
purge_organization = described(
    post=acts("organization_purge", "Purge", "PurgeBody", {"confirm": "acme", "comment": "We close"}, status=202)
)
purges = described(get=lists("purge_list", "Purge"))
retry_purge = described(post=acts("purge_retry", "Purge"))
projects = described(
    get=lists("project_list", "Project"),
    post=creates("project_create", "Project", "ProjectNew", {"key": "shop", "name": "Shop"}),
)
project = described(
    get=reads("project_get", "Project"),
    put=puts("project_put", "Project", "ProjectBody"),
    patch=patches("project_edit", "Project", "ProjectBody"),
    delete=deletes("project_delete"),
)
undelete_project = described(post=acts("project_undelete", "Project"))
environments = described(
    get=lists("environment_list", "Environment"),
    post=creates(
        "environment_create",
        "Environment",
        "EnvironmentNew",
        {"key": "production", "name": "Production", "color": "ember", "is_protected": True},
    ),
)
environment = described(
    get=reads("environment_get", "Environment"),
    put=puts("environment_put", "Environment", "EnvironmentBody"),
    patch=patches("environment_edit", "Environment", "EnvironmentBody"),
    delete=deletes("environment_delete"),
)
undelete_environment = described(post=acts("environment_undelete", "Environment"))
keys = described(
    get=lists(
        "api_key_list",
        "ApiKey",
        query("project", "Only keys of this project."),
        query("environment", "Only keys of this environment; takes the project too."),
        query("kind", "Only keys of this kind.", enum=ApiKey.Kind.values),
        query("ending", "Only keys that end within so many days, and have no successor."),
    ),
    post=creates(
        "api_key_create",
        "ApiKey",
        "ApiKeyNew",
        {"kind": "server", "name": "The shop's servers", "project": "shop", "environment": "production"},
    ),
)
key = described(
    get=reads("api_key_get", "ApiKey"),
    patch=patches("api_key_edit", "ApiKey", "ApiKeyPatch"),
    delete=deletes("api_key_revoke"),
)
rotate_key = described(
    post=creates("api_key_rotate", "ApiKey", "ApiKeyRotation", {"overlap_seconds": 86400, "comment": "Each quarter"})
)
leaked_keys = described(
    post=acts(
        "leaked_keys_report",
        "LeakedKeys",
        "LeakedKeysBody",
        {"keys": ["ff_server_…"], "found_at": "https://github.com/acme/shop/blob/main/settings.py"},
    )
)
webhooks = described(
    get=lists("webhook_list", "Webhook"),
    post=creates(
        "webhook_create",
        "Webhook",
        "WebhookNew",
        {"name": "Deploys", "url": "https://ci.example.com/hooks", "project": "shop", "events": ["flag.toggled"]},
    ),
)
webhook = described(
    get=reads("webhook_get", "Webhook"),
    patch=patches("webhook_edit", "Webhook", "WebhookPatch"),
    delete=deletes("webhook_delete"),
)
rotate_webhook = described(
    post=acts("webhook_rotate", "Webhook", "WebhookRotation", {"overlap_seconds": 86400, "comment": "Each quarter"})
)
test_webhook = described(post=acts("webhook_test", "WebhookDelivery"))
replay_webhook = described(
    post=acts("webhook_replay", "WebhookReplayed", "WebhookReplay", {"since": "2027-01-31T12:00:00Z"})
)
deliveries = described(
    get=lists(
        "delivery_list",
        "WebhookDelivery",
        query("state", "Only those in this state.", enum=WebhookDelivery.State.values),
    )
)
delivery = described(get=reads("delivery_get", "WebhookDelivery"))
replay_delivery = described(post=acts("delivery_replay", "WebhookDelivery"))
alerts = described(
    get=lists("alert_list", "Alert"),
    post=creates(
        "alert_create",
        "Alert",
        "AlertNew",
        {
            "name": "Production at night",
            "project": "shop",
            "environment": "production",
            "events": ["flag"],
            "working_hours": {
                "days": ["mon", "tue", "wed", "thu", "fri"],
                "from": "09:00",
                "until": "18:00",
                "time_zone": "Europe/Riga",
            },
        },
    ),
)
alert = described(
    get=reads("alert_get", "Alert"), patch=patches("alert_edit", "Alert", "AlertPatch"), delete=deletes("alert_delete")
)
limits = described(get=reads("limits_get", "Limits"), put=puts("limits_put", "Limits", "LimitsBody", may_create=False))
AUDIT_FILTERS = (
    query("verb", "As flag.toggled, or flag for all that was done to flags."),
    query("actor", "The id of a person or key."),
    query("who", "A part of the name of a person or key."),
    query("object", "The name of what was changed."),
    query("object_type", "As flag, flagconfig, segment, environment."),
    query("thing", "A part of the name of what was changed."),
    query("text", "Part of a name, a verb or a comment."),
    query("request_id", "What one request did."),
    query("project", "Only in this project."),
    query("environment", "Only in this environment; takes the project too."),
    query("since", "A day or a moment in ISO 8601; from then on."),
    query("until", "The same; before then."),
)
audit = described(get=lists("audit_list", "AuditEvent", *AUDIT_FILTERS))
audit_export = described(
    get=streams(
        "audit_export", "AuditEntry", FORMATS, query("format", "ndjson, or csv.", enum=[*FORMATS]), *AUDIT_FILTERS
    )
)
audit_verification = described(get=reads("audit_verify", "AuditReport"))
audit_checkpoints = described(
    get=lists("audit_checkpoint_list", "AuditCheckpoint"),
    post=creates("audit_checkpoint_take", "AuditCheckpoint", "Comment", {}),
)
audit_keys = described(get=reads("audit_key_list", "PublicKeys"))
invitations = described(
    get=lists("invitation_list", "Invitation"),
    post=creates("invitation_create", "Invitation", "InvitationNew", {"email": "mona@example.com", "role": "member"}),
)
invitation = described(get=reads("invitation_get", "Invitation"), delete=deletes("invitation_revoke"))
roles = described(
    get=lists("role_list", "Role"),
    post=creates(
        "role_create", "Role", "RoleNew", {"key": "on-call", "name": "On call", "verbs": ["flag.toggle", "flag.kill"]}
    ),
)
role = described(
    get=reads("role_get", "Role"), patch=patches("role_edit", "Role", "RolePatch"), delete=deletes("role_delete")
)
teams = described(
    get=lists("team_list", "Team"),
    post=creates("team_create", "Team", "TeamNew", {"key": "payments", "name": "Payments"}),
)
team = described(
    get=reads("team_get", "Team"), patch=patches("team_edit", "Team", "TeamPatch"), delete=deletes("team_delete")
)
team_role = described(
    put=puts("team_role_set", "Team", "TeamRole", may_create=False),
    delete=deletes(
        "team_role_withdraw",
        query("project", "On this project; without it, on the whole organization."),
        query("environment", "On this environment; takes the project too."),
    ),
)
team_member = described(
    put=puts("team_member_add", "Team", "Comment", may_create=False), delete=deletes("team_member_remove")
)
members = described(get=lists("member_list", "Member", paged=False))
member = described(
    get=reads("member_get", "Member"),
    put=puts("member_put", "Member", "MemberBody", may_create=False),
    delete=deletes("member_remove"),
)
