"""What rows of telemetry, and of what may be kept of it, exist for whom."""

from tenants.querysets import AliveManager, InEnvironmentQuerySet, InProjectQuerySet


class TelemetryManager(AliveManager):
    queryset_class = InEnvironmentQuerySet


class PrivacyQuerySet(InProjectQuerySet):
    DELETED_PATHS: tuple[str, ...] = ("project__deleted_at", "organization__deleted_at")


class PrivacyManager(AliveManager):
    queryset_class = PrivacyQuerySet


class OfProjectManager(AliveManager):
    queryset_class = PrivacyQuerySet
