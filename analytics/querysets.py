"""What rows of telemetry exist for whom."""

from tenants.querysets import AliveManager, InEnvironmentQuerySet


class TelemetryManager(AliveManager):
    queryset_class = InEnvironmentQuerySet
