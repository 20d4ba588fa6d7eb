"""Every change to flags, their states and segments: permission → lock → change → history and audit → outbox."""

from flags.services.configs import (
    check_config,
    copy_config,
    kill_flag,
    put_config,
    roll_back_config,
    set_fallthrough,
    set_prerequisites,
    set_rollout,
    set_rules,
    set_targets,
    toggle_flag,
)
from flags.services.flags import (
    archive_flag,
    create_flag,
    delete_flag,
    edit_flag,
    put_flag,
    roll_back_flag,
    unarchive_flag,
    undelete_flag,
)
from flags.services.projects import roll_back_environment, roll_back_project, set_prerequisite_depth
from flags.services.saving import Saved
from flags.services.segments import (
    create_segment,
    delete_segment,
    edit_segment,
    put_segment,
    roll_back_segment,
    undelete_segment,
)
from flags.services.triggers import create_trigger, pull_trigger, revoke_trigger

__all__ = [
    "Saved",
    "archive_flag",
    "check_config",
    "copy_config",
    "create_flag",
    "create_segment",
    "create_trigger",
    "delete_flag",
    "delete_segment",
    "edit_flag",
    "edit_segment",
    "kill_flag",
    "pull_trigger",
    "put_config",
    "put_flag",
    "put_segment",
    "revoke_trigger",
    "roll_back_config",
    "roll_back_environment",
    "roll_back_flag",
    "roll_back_project",
    "roll_back_segment",
    "set_fallthrough",
    "set_prerequisite_depth",
    "set_prerequisites",
    "set_rollout",
    "set_rules",
    "set_targets",
    "toggle_flag",
    "unarchive_flag",
    "undelete_flag",
    "undelete_segment",
]
