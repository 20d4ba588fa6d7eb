"""Stale flags: which ones nobody seems to need any more, by which evidence, and what archiving one would change."""
