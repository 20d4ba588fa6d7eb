"""A flag as plain data: bodies checked, states placed, answers and manifest entries written."""

from flags.documents.configs import (
    STATE_FIELDS,
    State,
    config_body,
    config_document,
    config_exactly,
    default_state,
    fields_of,
    parse_state,
    splits_of,
    state_fields,
)
from flags.documents.flags import (
    FLAG_DEFAULTS,
    FlagBody,
    flag_document,
    parse_flag,
    parse_flag_changes,
    typed_variants,
    written_members,
)
from flags.documents.manifest import manifest_flag, manifest_segment, manifest_version
from flags.documents.segments import (
    SEGMENT_DEFAULTS,
    membership_of,
    parse_segment,
    parse_segment_changes,
    segment_document,
)

__all__ = [
    "FLAG_DEFAULTS",
    "SEGMENT_DEFAULTS",
    "STATE_FIELDS",
    "FlagBody",
    "State",
    "config_body",
    "config_document",
    "config_exactly",
    "default_state",
    "fields_of",
    "flag_document",
    "manifest_flag",
    "manifest_segment",
    "manifest_version",
    "membership_of",
    "parse_flag",
    "parse_flag_changes",
    "parse_segment",
    "parse_segment_changes",
    "parse_state",
    "segment_document",
    "splits_of",
    "state_fields",
    "typed_variants",
    "written_members",
]
