"""Evaluations on OpenTelemetry's spans; needs the extra `tracing`."""

from .sdk.tracing import trace_evaluations

__all__ = ["trace_evaluations"]
