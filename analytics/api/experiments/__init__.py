"""The management API of metrics, exclusion groups and experiments."""
