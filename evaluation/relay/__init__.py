"""Serving: the data plane. One connection upstream, rules and hashes of keys in memory, no framework."""
