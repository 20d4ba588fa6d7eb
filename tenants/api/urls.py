"""Where the management API of tenants hangs, below api/v1/. A list ends with a slash, one thing does not."""

from django.urls import path

from tenants.api import (
    alerts,
    audit,
    deleted,
    environments,
    invitations,
    keys,
    leaked_keys,
    limits,
    members,
    organizations,
    projects,
    roles,
    teams,
    webhooks,
)

ORGANIZATION = "organizations/<slug:organization>"
WEBHOOK = f"{ORGANIZATION}/webhooks/<slug:webhook>"
PROJECT = f"{ORGANIZATION}/projects/<slug:project>"
ENVIRONMENT = f"{PROJECT}/environments/<slug:environment>"

app_name = "tenants_api"
urlpatterns = [
    path("leaked-keys", leaked_keys.LeakedKeys.as_view(), name="leaked_keys"),
    path("organizations/", organizations.Organizations.as_view(), name="organizations"),
    path(ORGANIZATION, organizations.OneOrganization.as_view(), name="organization"),
    path(f"{ORGANIZATION}/undelete", organizations.Undelete.as_view(), name="undelete_organization"),
    path(f"{ORGANIZATION}/purge", deleted.PurgeOrganization.as_view(), name="purge_organization"),
    path(f"{ORGANIZATION}/deleted/", deleted.DeletedThings.as_view(), name="deleted"),
    path(f"{ORGANIZATION}/deleted/<slug:deleted>/purge", deleted.PurgeDeleted.as_view(), name="purge_deleted"),
    path(f"{ORGANIZATION}/purges/", deleted.Purges.as_view(), name="purges"),
    path(f"{ORGANIZATION}/purges/<slug:purge>/retry", deleted.RetryPurge.as_view(), name="retry_purge"),
    path(f"{ORGANIZATION}/audit/", audit.Audit.as_view(), name="audit"),
    path(f"{ORGANIZATION}/audit/export", audit.Export.as_view(), name="audit_export"),
    path(f"{ORGANIZATION}/audit/verification", audit.Verification.as_view(), name="audit_verification"),
    path(f"{ORGANIZATION}/audit/checkpoints/", audit.Checkpoints.as_view(), name="audit_checkpoints"),
    path(f"{ORGANIZATION}/audit/keys", audit.Keys.as_view(), name="audit_keys"),
    path(f"{ORGANIZATION}/invitations/", invitations.Invitations.as_view(), name="invitations"),
    path(f"{ORGANIZATION}/invitations/<slug:invitation>", invitations.OneInvitation.as_view(), name="invitation"),
    path(f"{ORGANIZATION}/keys/", keys.Keys.as_view(), name="keys"),
    path(f"{ORGANIZATION}/keys/<slug:api_key>", keys.OneKey.as_view(), name="key"),
    path(f"{ORGANIZATION}/keys/<slug:api_key>/rotate", keys.Rotate.as_view(), name="rotate_key"),
    path(f"{ORGANIZATION}/limits", limits.Limits.as_view(), name="limits"),
    path(f"{ORGANIZATION}/members/", members.Members.as_view(), name="members"),
    path(f"{ORGANIZATION}/members/<slug:member>", members.OneMember.as_view(), name="member"),
    path(f"{ORGANIZATION}/roles/", roles.Roles.as_view(), name="roles"),
    path(f"{ORGANIZATION}/roles/<slug:role>", roles.OneRole.as_view(), name="role"),
    path(f"{ORGANIZATION}/teams/", teams.Teams.as_view(), name="teams"),
    path(f"{ORGANIZATION}/teams/<slug:team>", teams.OneTeam.as_view(), name="team"),
    path(f"{ORGANIZATION}/teams/<slug:team>/role", teams.RoleOfTeam.as_view(), name="team_role"),
    path(f"{ORGANIZATION}/teams/<slug:team>/members/<slug:member>", teams.OneOfTeam.as_view(), name="team_member"),
    path(f"{ORGANIZATION}/alerts/", alerts.Alerts.as_view(), name="alerts"),
    path(f"{ORGANIZATION}/alerts/<slug:alert>", alerts.OneAlert.as_view(), name="alert"),
    path(f"{ORGANIZATION}/webhooks/", webhooks.Webhooks.as_view(), name="webhooks"),
    path(WEBHOOK, webhooks.OneWebhook.as_view(), name="webhook"),
    path(f"{WEBHOOK}/rotate", webhooks.Rotate.as_view(), name="rotate_webhook"),
    path(f"{WEBHOOK}/test", webhooks.Test.as_view(), name="test_webhook"),
    path(f"{WEBHOOK}/replay", webhooks.Replay.as_view(), name="replay_webhook"),
    path(f"{WEBHOOK}/deliveries/", webhooks.Deliveries.as_view(), name="deliveries"),
    path(f"{WEBHOOK}/deliveries/<slug:event>", webhooks.OneDelivery.as_view(), name="delivery"),
    path(f"{WEBHOOK}/deliveries/<slug:event>/replay", webhooks.ReplayOne.as_view(), name="replay_delivery"),
    path(f"{ORGANIZATION}/projects/", projects.Projects.as_view(), name="projects"),
    path(PROJECT, projects.OneProject.as_view(), name="project"),
    path(f"{PROJECT}/undelete", projects.Undelete.as_view(), name="undelete_project"),
    path(f"{PROJECT}/environments/", environments.Environments.as_view(), name="environments"),
    path(ENVIRONMENT, environments.OneEnvironment.as_view(), name="environment"),
    path(f"{ENVIRONMENT}/undelete", environments.Undelete.as_view(), name="undelete_environment"),
]
