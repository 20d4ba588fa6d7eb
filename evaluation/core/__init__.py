"""Deciding: rules and a context in, an answer out. No clock, no I/O, no framework."""
