"""What rows exist for whom. Tenants are separated here and nowhere else."""

from typing import Any, Self

from django.apps import apps
from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tenants.actors import Actor, ScopeKind


def reached(actor: Actor, verb: str, **columns: ScopeKind) -> Q:
    """Rows that name in one of these columns a place of that kind on which the actor holds the verb."""
    places = {f"{column}__in": ids for column, kind in columns.items() if (ids := actor.scopes_for(verb, kind))}
    return Q(_connector=Q.OR, **places) if places else Q(pk__in=())


class TenantQuerySet(models.QuerySet[Any]):
    """Rows of one organization each; deeper scopes override `within`."""

    # Every one of these must be null for the row to be alive: its own deletion, and that of what holds it.
    DELETED_PATHS: tuple[str, ...] = ("organization__deleted_at",)
    DEFAULT_VERB = "organization.view"

    def visible_to(self, actor: Actor, verb: str = "") -> Self:
        """The rows on which the actor has the verb (default: may see)."""
        if actor.may_everything:
            return self
        return self.filter(self.within(actor, verb or self.DEFAULT_VERB))

    def within(self, actor: Actor, verb: str) -> Q:
        return reached(actor, verb, organization="organization")

    def alive(self) -> Self:
        return self.filter(**{f"{path}__isnull": True for path in self.DELETED_PATHS})


def rows(app_label: str, model: str) -> Any:
    """The living rows of a model that imports this module."""
    return apps.get_model(app_label, model).objects


def around(actor: Actor, verb: str, project: str) -> Q:
    """Rows that name in that column a project in one of whose environments the actor holds the verb."""
    ids = actor.scopes_for(verb, "environment")
    environments = rows("tenants", "Environment").filter(id__in=ids)
    return Q(**{f"{project}__in": environments.values("project_id")}) if ids else Q()


class OrganizationQuerySet(TenantQuerySet):
    DELETED_PATHS = ("deleted_at",)

    def within(self, actor: Actor, verb: str) -> Q:
        found = reached(actor, verb, id="organization")
        # Who may see one environment sees the name of the organization around it, never its other rows.
        if verb == self.DEFAULT_VERB and any(kind != "organization" for kind, _ in actor.grants):
            found |= Q(id__in=rows("tenants", "Project").visible_to(actor).values("organization_id"))
        return found


class ProjectQuerySet(TenantQuerySet):
    DELETED_PATHS = ("deleted_at", "organization__deleted_at")
    DEFAULT_VERB = "project.view"

    def within(self, actor: Actor, verb: str) -> Q:
        found = reached(actor, verb, organization="organization", id="project")
        return found | around(actor, verb, "id") if verb == self.DEFAULT_VERB else found


class EnvironmentQuerySet(TenantQuerySet):
    DELETED_PATHS = ("deleted_at", "project__deleted_at", "organization__deleted_at")
    DEFAULT_VERB = "environment.view"

    def within(self, actor: Actor, verb: str) -> Q:
        return reached(actor, verb, organization="organization", project="project", id="environment")


class InProjectQuerySet(TenantQuerySet):
    """Rows that belong to a project: seen by whoever sees the project."""

    DELETED_PATHS: tuple[str, ...] = ("deleted_at", "project__deleted_at", "organization__deleted_at")
    DEFAULT_VERB = "project.view"

    def within(self, actor: Actor, verb: str) -> Q:
        if verb != self.DEFAULT_VERB:
            return reached(actor, verb, organization="organization", project="project")
        # A grant on one environment is enough to see what its project holds.
        found = reached(actor, "project.view", organization="organization", project="project")
        return found | around(actor, "project.view", "project")


class InEnvironmentQuerySet(TenantQuerySet):
    """Rows that belong to an environment: seen by whoever sees the environment."""

    DELETED_PATHS: tuple[str, ...] = (
        "environment__deleted_at",
        "environment__project__deleted_at",
        "organization__deleted_at",
    )
    DEFAULT_VERB = "environment.view"

    def within(self, actor: Actor, verb: str) -> Q:
        return reached(
            actor, verb, organization="organization", environment__project="project", environment="environment"
        )


class ApiKeyQuerySet(TenantQuerySet):
    DELETED_PATHS = ("environment__deleted_at", "project__deleted_at", "organization__deleted_at")
    DEFAULT_VERB = "api_key.view"

    def within(self, actor: Actor, verb: str) -> Q:
        return reached(actor, verb, organization="organization", project="project", environment="environment")

    def usable(self) -> Self:
        """Neither revoked nor expired. That their scope is not deleted is their manager's to see to."""
        now = timezone.now()
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True)


class WebhookQuerySet(ApiKeyQuerySet):
    DEFAULT_VERB = "webhook.view"


class WebhookDeliveryQuerySet(TenantQuerySet):
    """Seen by whoever sees the webhook."""

    DELETED_PATHS = (
        "webhook__environment__deleted_at",
        "webhook__project__deleted_at",
        "organization__deleted_at",
    )
    DEFAULT_VERB = "webhook.view"

    def within(self, actor: Actor, verb: str) -> Q:
        return Q(webhook__in=rows("tenants", "Webhook").visible_to(actor, verb))


class AlertQuerySet(ApiKeyQuerySet):
    DEFAULT_VERB = "alert.view"


class RaisedAlertQuerySet(TenantQuerySet):
    """Seen by whoever sees the alert."""

    DELETED_PATHS = ("alert__environment__deleted_at", "alert__project__deleted_at", "organization__deleted_at")
    DEFAULT_VERB = "alert.view"

    def within(self, actor: Actor, verb: str) -> Q:
        return Q(alert__in=rows("tenants", "Alert").visible_to(actor, verb))


class MembershipQuerySet(TenantQuerySet):
    DELETED_PATHS = ("user__deleted_at", "organization__deleted_at")
    DEFAULT_VERB = "member.view"


class InvitationQuerySet(TenantQuerySet):
    DEFAULT_VERB = "member.edit"

    def within(self, actor: Actor, verb: str) -> Q:
        # An invitation to an environment names its project too, so a role on the project reaches it.
        return reached(actor, verb, organization="organization", project="project", environment="environment")


class CustomRoleQuerySet(TenantQuerySet):
    DEFAULT_VERB = "member.view"

    def within(self, actor: Actor, verb: str) -> Q:
        # Whoever lets people into a part of the organization chooses among its roles.
        found = super().within(actor, verb)
        if verb == self.DEFAULT_VERB:
            for model in ("Project", "Environment"):
                found |= Q(
                    organization__in=rows("tenants", model).visible_to(actor, "member.edit").values("organization")
                )
        return found


class TeamQuerySet(TenantQuerySet):
    DEFAULT_VERB = "member.view"


class PurgeQuerySet(TenantQuerySet):
    """For whoever may delete in the whole organization."""

    DEFAULT_VERB = "project.delete"


class AuditEventQuerySet(TenantQuerySet):
    DEFAULT_VERB = "audit.view"

    def within(self, actor: Actor, verb: str) -> Q:
        return reached(actor, verb, organization="organization", project_id="project", environment_id="environment")


class AuditCheckpointQuerySet(TenantQuerySet):
    DEFAULT_VERB = "audit.view"


class UserQuerySet(TenantQuerySet):
    DELETED_PATHS = ("deleted_at",)
    DEFAULT_VERB = "member.view"

    def within(self, actor: Actor, verb: str) -> Q:
        """Oneself, and the people of one's organizations."""
        memberships = rows("tenants", "Membership").filter(organization__in=actor.scopes_for(verb, "organization"))
        return Q(id=actor.id if actor.kind == "user" else "") | Q(id__in=memberships.values("user_id"))


class AliveManager(models.Manager[Any]):
    """Hides what is deleted, and what lies in something deleted."""

    queryset_class: type[TenantQuerySet] = TenantQuerySet

    def get_queryset(self) -> Any:
        return self.queryset_class(self.model, using=self._db).alive()

    def visible_to(self, actor: Actor, verb: str = "") -> Any:
        return self.get_queryset().visible_to(actor, verb)


class MembershipManager(AliveManager):
    queryset_class = MembershipQuerySet


class InvitationManager(AliveManager):
    queryset_class = InvitationQuerySet


class CustomRoleManager(AliveManager):
    queryset_class = CustomRoleQuerySet


class TeamManager(AliveManager):
    queryset_class = TeamQuerySet


class PurgeManager(AliveManager):
    queryset_class = PurgeQuerySet


class AuditEventManager(AliveManager):
    queryset_class = AuditEventQuerySet


class AuditCheckpointManager(AliveManager):
    queryset_class = AuditCheckpointQuerySet


class OrganizationManager(AliveManager):
    queryset_class = OrganizationQuerySet


class ProjectManager(AliveManager):
    queryset_class = ProjectQuerySet


class EnvironmentManager(AliveManager):
    queryset_class = EnvironmentQuerySet


class ApiKeyManager(AliveManager):
    queryset_class = ApiKeyQuerySet

    def usable(self) -> Any:
        return self.get_queryset().usable()


class WebhookManager(AliveManager):
    queryset_class = WebhookQuerySet


class WebhookDeliveryManager(AliveManager):
    queryset_class = WebhookDeliveryQuerySet


class AlertManager(AliveManager):
    queryset_class = AlertQuerySet


class RaisedAlertManager(AliveManager):
    queryset_class = RaisedAlertQuerySet


class UserManager(BaseUserManager[Any], AliveManager):
    queryset_class = UserQuerySet

    def get_by_natural_key(self, email: str | None) -> Any:
        return self.get(email=(email or "").lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Any:
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Any:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
