"""Every change to tenants: one function each, with permission, lock, change, history, audit and outbox.

All arguments but the thing itself are named. What is wrong raises `NotAllowed` (tenants.permissions), `Invalid` or `Conflict`
(tenants.problems); a thing that was deleted meanwhile raises its model's `DoesNotExist`.
"""

from tenants.services.accounts import delete_account, erase_account
from tenants.services.alerts import create_alert, delete_alert, edit_alert
from tenants.services.api_key_rotation import rotate_api_key
from tenants.services.api_keys import create_api_key, edit_api_key, revoke_api_key
from tenants.services.environments import (
    arrange_environments,
    create_environment,
    delete_environment,
    edit_environment,
    undelete_environment,
)
from tenants.services.founding import found_organization, set_up_project
from tenants.services.invitations import accept_invitation, invite, revoke_invitation
from tenants.services.leaked_keys import report_leaked_key, set_leak_policy
from tenants.services.limits import set_limits
from tenants.services.members import add_member, remove_member, set_role, withdraw_role
from tenants.services.notices import choose_notices, disown_sign_in
from tenants.services.organizations import (
    create_organization,
    delete_organization,
    rename_organization,
    set_mfa_policy,
    undelete_organization,
)
from tenants.services.ownership import hand_over
from tenants.services.parked import retry_outbox_event
from tenants.services.projects import create_project, delete_project, edit_project, undelete_project
from tenants.services.purges import purge_now, retry_purge, set_retention
from tenants.services.roles import create_role, delete_role, edit_role
from tenants.services.runtime import change_runtime_settings
from tenants.services.teams import (
    add_to_team,
    create_team,
    delete_team,
    edit_team,
    remove_from_team,
    set_team_role,
    withdraw_team_role,
)
from tenants.services.users import register_user, remove_second_factors, rename_user
from tenants.services.webhooks import (
    create_webhook,
    delete_webhook,
    disable_webhook,
    edit_webhook,
    enable_webhook,
    replay_delivery,
    replay_failed,
    rotate_webhook,
    test_webhook,
)

__all__ = [
    "accept_invitation",
    "add_member",
    "add_to_team",
    "arrange_environments",
    "change_runtime_settings",
    "choose_notices",
    "create_alert",
    "create_api_key",
    "create_environment",
    "create_organization",
    "create_project",
    "create_role",
    "create_team",
    "create_webhook",
    "delete_account",
    "delete_alert",
    "delete_environment",
    "delete_organization",
    "delete_project",
    "delete_role",
    "delete_team",
    "delete_webhook",
    "disable_webhook",
    "disown_sign_in",
    "edit_alert",
    "edit_api_key",
    "edit_environment",
    "edit_project",
    "edit_role",
    "edit_team",
    "edit_webhook",
    "enable_webhook",
    "erase_account",
    "found_organization",
    "hand_over",
    "invite",
    "purge_now",
    "register_user",
    "remove_from_team",
    "remove_member",
    "remove_second_factors",
    "rename_organization",
    "rename_user",
    "replay_delivery",
    "replay_failed",
    "report_leaked_key",
    "retry_outbox_event",
    "retry_purge",
    "revoke_api_key",
    "revoke_invitation",
    "rotate_api_key",
    "rotate_webhook",
    "set_leak_policy",
    "set_limits",
    "set_mfa_policy",
    "set_retention",
    "set_role",
    "set_team_role",
    "set_up_project",
    "test_webhook",
    "undelete_environment",
    "undelete_organization",
    "undelete_project",
    "withdraw_role",
    "withdraw_team_role",
]
