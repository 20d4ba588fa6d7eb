"""Where the pages of tenants hang: a page has the address that its thing has in the management API, without `/api/v1`."""

from django.urls import path

from tenants.dashboard import (
    account,
    api_key_rotation,
    api_keys,
    audit,
    environments,
    get_started,
    invitations,
    leak_policy,
    limits,
    members,
    organizations,
    projects,
    start,
)

ORGANIZATION = "organizations/<slug:organization>/"
PROJECT = f"{ORGANIZATION}projects/<slug:project>/"
ENVIRONMENT = f"{PROJECT}environments/<slug:environment>/"

app_name = "tenants"
urlpatterns = [
    path("", start.start, name="start"),
    path("accounts/name/", account.name, name="name"),
    path("accounts/sessions/", account.sessions, name="sessions"),
    path("theme/", start.theme, name="theme"),
    path("organizations/", organizations.new_organization, name="new_organization"),
    path(ORGANIZATION, organizations.organization, name="organization"),
    path(f"{ORGANIZATION}settings/", organizations.settings, name="organization_settings"),
    path(f"{ORGANIZATION}settings/mfa/", organizations.mfa_policy, name="mfa_policy"),
    path(f"{ORGANIZATION}delete/", organizations.delete, name="delete_organization"),
    path(f"{ORGANIZATION}undelete/", organizations.undelete, name="undelete_organization"),
    path(f"{ORGANIZATION}projects/", projects.new_project, name="new_project"),
    path(PROJECT, projects.project, name="project"),
    path(f"{PROJECT}start/", get_started.get_started, name="get_started"),
    path(f"{PROJECT}delete/", projects.delete, name="delete_project"),
    path(f"{PROJECT}undelete/", projects.undelete, name="undelete_project"),
    path(f"{PROJECT}environments/", environments.environments, name="environments"),
    path(ENVIRONMENT, environments.environment, name="environment"),
    path(f"{ENVIRONMENT}move/", environments.move, name="move_environment"),
    path(f"{ENVIRONMENT}delete/", environments.delete, name="delete_environment"),
    path(f"{ENVIRONMENT}undelete/", environments.undelete, name="undelete_environment"),
    path(f"{ORGANIZATION}members/", members.members, name="members"),
    path(f"{ORGANIZATION}members/<slug:member>/", members.member, name="member"),
    path(f"{ORGANIZATION}members/<slug:member>/remove/", members.remove_member, name="remove_member"),
    path(f"{ORGANIZATION}invitations/<slug:invitation>/revoke/", members.revoke_invitation, name="revoke_invitation"),
    path("invitations/<str:secret>/", invitations.invitation, name="invitation"),
    path(f"{ORGANIZATION}keys/", api_keys.organization_api_keys, name="organization_api_keys"),
    path(f"{ORGANIZATION}keys/new/", api_keys.new_organization_api_key, name="new_organization_api_key"),
    path(f"{ORGANIZATION}keys/<slug:api_key>/", api_keys.api_key, name="api_key"),
    path(f"{ORGANIZATION}keys/<slug:api_key>/revoke/", api_keys.revoke_api_key, name="revoke_api_key"),
    path(f"{ORGANIZATION}keys/<slug:api_key>/rotate/", api_key_rotation.rotate_api_key, name="rotate_api_key"),
    path(f"{PROJECT}keys/", api_keys.api_keys, name="api_keys"),
    path(f"{PROJECT}keys/new/", api_keys.new_api_key, name="new_api_key"),
    path(f"{ORGANIZATION}settings/leaked-keys/", leak_policy.leak_policy, name="leak_policy"),
    path(f"{ORGANIZATION}limits/", limits.limits, name="limits"),
    path(f"{ORGANIZATION}audit/", audit.organization_audit, name="organization_audit"),
    path(f"{ORGANIZATION}audit/verify/", audit.verify_audit, name="verify_audit"),
    path(f"{PROJECT}audit/", audit.audit, name="audit"),
]
