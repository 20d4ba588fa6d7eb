"""Guardrails: a flag that costs more than it may turns itself off."""
