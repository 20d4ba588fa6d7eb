"""What rows of telemetry, and of what may be kept of it, exist for whom."""

from django.db.models import Q

from flags.querysets import FlagConfigQuerySet
from tenants.actors import Actor
from tenants.querysets import AliveManager, InEnvironmentQuerySet, InProjectQuerySet, TenantQuerySet, rows


class TelemetryManager(AliveManager):
    queryset_class = InEnvironmentQuerySet


class PrivacyQuerySet(InProjectQuerySet):
    DELETED_PATHS: tuple[str, ...] = ("project__deleted_at", "organization__deleted_at")


class PrivacyManager(AliveManager):
    queryset_class = PrivacyQuerySet


class OfProjectManager(AliveManager):
    queryset_class = PrivacyQuerySet


class MetricQuerySet(PrivacyQuerySet):
    DEFAULT_VERB = "metric.view"


class MetricManager(AliveManager):
    queryset_class = MetricQuerySet


class ExclusionGroupQuerySet(PrivacyQuerySet):
    DEFAULT_VERB = "exclusion_group.view"


class ExclusionGroupManager(AliveManager):
    queryset_class = ExclusionGroupQuerySet


class ExperimentQuerySet(InEnvironmentQuerySet):
    DELETED_PATHS: tuple[str, ...] = ("flag__deleted_at", *InEnvironmentQuerySet.DELETED_PATHS)
    DEFAULT_VERB = "experiment.view"


class ExperimentManager(AliveManager):
    queryset_class = ExperimentQuerySet


class EnrolmentQuerySet(TenantQuerySet):
    """Seen by whoever sees the experiment."""

    DELETED_PATHS: tuple[str, ...] = (
        "experiment__flag__deleted_at",
        "experiment__environment__deleted_at",
        "experiment__project__deleted_at",
        "organization__deleted_at",
    )
    DEFAULT_VERB = "experiment.view"

    def within(self, actor: Actor, verb: str) -> Q:
        return Q(experiment__in=rows("analytics", "Experiment").visible_to(actor, verb))


class EnrolmentManager(AliveManager):
    queryset_class = EnrolmentQuerySet


class RolloutQuerySet(FlagConfigQuerySet):
    DEFAULT_VERB = "rollout.view"


class RolloutManager(AliveManager):
    queryset_class = RolloutQuerySet


class GuardrailQuerySet(FlagConfigQuerySet):
    DEFAULT_VERB = "guardrail.view"


class GuardrailManager(AliveManager):
    queryset_class = GuardrailQuerySet


class GuardrailPointQuerySet(TenantQuerySet):
    """Seen by whoever sees the guardrail."""

    DELETED_PATHS = (
        "guardrail__flag__deleted_at",
        "guardrail__environment__deleted_at",
        "guardrail__environment__project__deleted_at",
        "organization__deleted_at",
    )
    DEFAULT_VERB = "guardrail.view"

    def within(self, actor: Actor, verb: str) -> Q:
        return Q(guardrail__in=rows("analytics", "Guardrail").visible_to(actor, verb))


class GuardrailPointManager(AliveManager):
    queryset_class = GuardrailPointQuerySet
