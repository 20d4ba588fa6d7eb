"""The analytics app: its tables and doors come with telemetry."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"
