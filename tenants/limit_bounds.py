"""The highest that each limit can be."""

# No higher than `evaluation.core.parse` takes: there, an own limit can only be lower.
HIGHEST = {"targets_per_flag": 10_000, "rules_per_flag": 200}
HIGHEST_OF_ALL = 10_000_000
