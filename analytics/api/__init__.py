"""Doors of telemetry."""
