"""SINCE: evaluation counts, latencies, exposures, experiments, guardrails."""
