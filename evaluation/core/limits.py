"""The numbers that the control plane and every evaluator must agree on."""

from typing import Final

MAX_INTEGER: Final = 2**53 - 1  # what an IEEE double, and so every JSON reader, holds exactly
BUCKETS: Final = 100_000

MAX_GROUP_DEPTH: Final = 10
MAX_PREREQUISITE_DEPTH: Final = 10
MAX_SEGMENT_DEPTH: Final = 5
MAX_REFERENCE_DEPTH: Final = 10  # where a reader gives up following segments or prerequisites

MAX_TARGET_VALUES: Final = 10_000
MAX_CONDITION_VALUES: Final = 10_000
MAX_RULES: Final = 200
MAX_RANGES: Final = 1_000
MAX_VARIANTS: Final = 100
MAX_PATTERN_LENGTH: Final = 1_024
MAX_SEMVER_LENGTH: Final = 256
MAX_NAME_LENGTH: Final = 200
MAX_JSON_DEPTH: Final = 64
MAX_FAULTS: Final = 50
