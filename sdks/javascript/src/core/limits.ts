// The numbers that the control plane and every evaluator must agree on.

export const MAX_INTEGER = Number.MAX_SAFE_INTEGER; // 2^53-1, what an IEEE double holds exactly
export const BUCKETS = 100_000;
export const MAX_GROUP_DEPTH = 10;
export const MAX_PREREQUISITE_DEPTH = 10;
export const MAX_REFERENCE_DEPTH = 10;
export const MAX_PATTERN_LENGTH = 1_024;
export const MAX_SEMVER_LENGTH = 256;
