"""Which flags, states and segments exist for whom."""

from tenants.querysets import AliveManager, InEnvironmentQuerySet, InProjectQuerySet


class FlagQuerySet(InProjectQuerySet):
    DEFAULT_VERB = "flag.view"


class FlagConfigQuerySet(InEnvironmentQuerySet):
    DELETED_PATHS: tuple[str, ...] = (
        "flag__deleted_at",
        "environment__deleted_at",
        "environment__project__deleted_at",
        "organization__deleted_at",
    )
    DEFAULT_VERB = "flag.view"


class SegmentQuerySet(InProjectQuerySet):
    DEFAULT_VERB = "segment.view"


class FlagTriggerQuerySet(FlagConfigQuerySet):
    DEFAULT_VERB = "trigger.view"


class FlagManager(AliveManager):
    queryset_class = FlagQuerySet


class FlagConfigManager(AliveManager):
    queryset_class = FlagConfigQuerySet


class FlagTriggerManager(AliveManager):
    queryset_class = FlagTriggerQuerySet


class SegmentManager(AliveManager):
    queryset_class = SegmentQuerySet
