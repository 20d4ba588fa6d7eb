"""The analytics app: telemetry comes in here."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"
