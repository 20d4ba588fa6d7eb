"""Which flags, states and segments exist for whom."""

from django.db.models import Q

from tenants.actors import Actor
from tenants.querysets import AliveManager, InEnvironmentQuerySet, InProjectQuerySet, TenantQuerySet, rows


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


class OwnOfFlagQuerySet(TenantQuerySet):
    """Rows of one person about flags: seen by that person alone, as long as they see the flag."""

    DELETED_PATHS = ("flag__deleted_at", "flag__project__deleted_at", "organization__deleted_at")
    DEFAULT_VERB = "flag.view"

    def within(self, actor: Actor, verb: str) -> Q:
        return Q(user=actor.user, flag__in=rows("flags", "Flag").visible_to(actor, verb))


class SavedViewQuerySet(InProjectQuerySet):
    """One's own and those of everybody, in projects that one sees."""

    DELETED_PATHS = ("project__deleted_at", "organization__deleted_at")
    DEFAULT_VERB = "project.view"

    def within(self, actor: Actor, verb: str) -> Q:
        return super().within(actor, verb) & (Q(user__isnull=True) | Q(user=actor.user))


class WatchPositionQuerySet(TenantQuerySet):
    """Nobody lists them; whoever sees the audit log of the organization may."""

    DEFAULT_VERB = "audit.view"


class FlagTriggerQuerySet(FlagConfigQuerySet):
    DEFAULT_VERB = "trigger.view"


class FlagManager(AliveManager):
    queryset_class = FlagQuerySet


class FlagConfigManager(AliveManager):
    queryset_class = FlagConfigQuerySet


class FlagTriggerManager(AliveManager):
    queryset_class = FlagTriggerQuerySet


class WatchManager(AliveManager):
    queryset_class = OwnOfFlagQuerySet


class WatchedEventManager(AliveManager):
    queryset_class = OwnOfFlagQuerySet


class WatchPositionManager(AliveManager):
    queryset_class = WatchPositionQuerySet


class SavedViewManager(AliveManager):
    queryset_class = SavedViewQuerySet


class SegmentManager(AliveManager):
    queryset_class = SegmentQuerySet
