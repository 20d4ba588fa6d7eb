"""Alerts on unexpected change: which events of the audit log are told, to whom, and how often at most."""
