"""What the OpenAPI document says about flags, their states and segments."""

from typing import Any

from flags.api.components import COMPONENTS, Schema
from flags.api.filters import ARCHIVED
from flags.models import Flag
from tenants.api.describe import (
    acts,
    creates,
    deletes,
    described,
    lists,
    patches,
    puts,
    query,
    reads,
    with_schemas,
)

SAID_TWICE = 422

flags = described(
    get=lists(
        "flag_list",
        "Flag",
        query("search", "In key, name, description and tags."),
        query("archived", "false is the default.", enum=list(ARCHIVED)),
        query("kind", "Only flags of this kind.", enum=Flag.Kind.values),
        query("type", "Only flags of this type.", enum=Flag.ValueType.values),
        query("tag", "Only flags with this tag."),
        query("watched", "true: only flags that you watch; false: only others.", enum=["true", "false"]),
        query("enabled_in", "Only flags that are enabled in this environment."),
        query("environment", "Show the state in this environment with each flag, as `state`."),
    ),
    post=creates(
        "flag_create",
        "Flag",
        "FlagNew",
        {"key": "new-checkout", "name": "New checkout", "type": "boolean", "kind": "release", "tags": ["checkout"]},
    ),
)
flag = described(
    get=reads("flag_get", "Flag"),
    put=puts("flag_put", "Flag", "FlagBody", versioned=True),
    patch=patches("flag_edit", "Flag", "FlagBody", versioned=True),
    delete=deletes("flag_delete", versioned=True),
)
watch = described(
    get=reads("flag_watch_get", "Watch"),
    put=puts("flag_watch", "Watch", "WatchBody", may_create=False),
    delete=deletes("flag_unwatch"),
)
watching = described(get=reads("watching_get", "Watching"), patch=patches("watching_edit", "Watching", "WatchingPatch"))
archive_flag = described(post=acts("flag_archive", "Flag", versioned=True))
unarchive_flag = described(post=acts("flag_unarchive", "Flag", versioned=True))
undelete_flag = described(post=acts("flag_undelete", "Flag"))
configs = described(get=lists("flag_state_list", "State"))
config = described(
    get=reads(
        "flag_state_get",
        "StateInEitherForm",
        query("rules_text", "true: as text, in `rules_text`, all members but `enabled`.", enum=["false", "true"]),
    ),
    put=puts(
        "flag_state_put", "StateInEitherForm", "StateBody", versioned=True, may_create=False, refusals=[SAID_TWICE]
    ),
    patch=patches("flag_state_edit", "StateInEitherForm", "StateBody", versioned=True, refusals=[SAID_TWICE]),
)
rules_text = described(
    post=acts(
        "rules_text_check", "RulesTextVerdict", "RulesTextBody", {"rules_text": 'rule: country in ["IN"] serve on'}
    )
)
kill_flag = described(post=acts("flag_kill", "State"))
roll_back = described(
    post=acts("flag_roll_back", "State", "RollBackBody", {"to_version": 3, "comment": "4 broke it"}, versioned=True)
)
ROLL_BACK = ("RollBackBody", {"to_version": 3, "comment": "4 broke it"})
roll_back_flag = described(post=acts("flag_as_a_whole_roll_back", "Flag", *ROLL_BACK, versioned=True))
roll_back_segment = described(post=acts("segment_roll_back", "Segment", *ROLL_BACK, versioned=True))
roll_back_project = described(post=acts("project_roll_back", "Project", *ROLL_BACK))
roll_back_environment = described(post=acts("environment_roll_back", "Environment", *ROLL_BACK))
export_project = described(get=reads("project_export", "ProjectFile"))
import_project = described(
    post=acts(
        "project_import",
        "Imported",
        "ProjectFileBody",
        {
            "format": "flagforge-project-1",
            "project": {"key": "shop", "name": "Shop"},
            "environments": [],
            "segments": [],
            "flags": [{"key": "new-checkout"}],
        },
        query("dry_run", "true: check everything, say what it would do, and change nothing.", enum=["false", "true"]),
    )
)
flag_versions = described(get=reads("flag_version_list", "Versions"))
state_versions = described(get=reads("flag_state_version_list", "Versions"))
segment_versions = described(get=reads("segment_version_list", "Versions"))
project_versions = described(get=reads("project_version_list", "Versions"))
environment_versions = described(get=reads("environment_version_list", "Versions"))
copy = described(post=acts("flag_copy", "State", "CopyBody", {"from": "staging"}, versioned=True))
triggers = described(
    get=lists("trigger_list", "Trigger"),
    post=creates("trigger_create", "Trigger", "TriggerNew", {"name": "Deploy of the shop", "action": "on"}),
)
trigger = described(get=reads("trigger_get", "Trigger"), delete=deletes("trigger_revoke"))
pull_trigger = described(post=acts("trigger_pull", "Pulled"))
rollout = described(
    post=acts("flag_rollout", "State", "RolloutBody", {"rule": "r1", "weights": {"on": 25, "off": 75}}, versioned=True)
)
prerequisite_depth = described(
    get=reads("prerequisite_depth_get", "PrerequisiteDepth"),
    put=puts("prerequisite_depth_put", "PrerequisiteDepth", "PrerequisiteDepthBody", may_create=False),
)
segments = described(
    get=lists("segment_list", "Segment"),
    post=creates(
        "segment_create",
        "Segment",
        "SegmentNew",
        {"key": "staff", "rules": [{"attribute": "email", "op": "ends_with", "values": ["@acme.example"]}]},
    ),
)
segment = described(
    get=reads("segment_get", "Segment"),
    put=puts("segment_put", "Segment", "SegmentBody", versioned=True),
    patch=patches("segment_edit", "Segment", "SegmentBody", versioned=True),
    delete=deletes("segment_delete", versioned=True),
)
undelete_segment = described(post=acts("segment_undelete", "Segment"))


def add_components(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """A hook of drf-spectacular: the schemas that operations refer to by name."""
    return with_schemas(result, COMPONENTS)
