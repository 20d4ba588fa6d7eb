"""API keys: what programs show instead of a login."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from tenants.actors import Scope
from tenants.models.base import History, id_field, plain_text
from tenants.models.organizations import Organization
from tenants.models.projects import Environment, Project
from tenants.querysets import ApiKeyManager
from tenants.roles import AnyRole, Role


class ApiKey(models.Model):
    """The scope is the narrowest of environment, project, organization that is set; none means the instance."""

    class Kind(models.TextChoices):
        CLIENT = "client"
        SERVER = "server"
        RELAY = "relay"
        TOKEN = "token"  # noqa: S105  (the name of a kind)

    id = id_field()
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys"
    )
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys")
    environment = models.ForeignKey(
        Environment, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    role = models.PositiveSmallIntegerField(choices=Role.choices, null=True, blank=True)
    custom_role = models.ForeignKey(
        "tenants.CustomRole", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=100, validators=[plain_text])
    prefix = models.CharField(max_length=24, help_text="The first characters, so that people can tell keys apart.")
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    readable = models.CharField(
        max_length=100, blank=True, editable=False, help_text="The whole key; client keys only."
    )
    origins = models.JSONField(default=list, blank=True)
    limits = models.JSONField(default=dict, blank=True, help_text="What it may use of one process; empty: no limit.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    replaces = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="successors"
    )
    leaked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When somebody showed the whole key who should not have it."
    )
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ApiKeyManager] = ApiKeyManager()
    history = History(excluded_fields=["sha256", "readable", "last_used_at"])

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                name="api_key_readable_only_for_clients",
                condition=models.Q(kind="client") | models.Q(readable=""),
            ),
            models.CheckConstraint(
                name="api_key_evaluating_kinds_have_an_environment",
                condition=models.Q(kind__in=["relay", "token"]) | models.Q(environment__isnull=False),
            ),
            models.CheckConstraint(
                name="api_key_role_is_for_tokens",
                # A token whose own role was deleted has none any more, and may nothing.
                condition=(
                    models.Q(kind="token", organization__isnull=False)
                    & (models.Q(role__isnull=True) | models.Q(custom_role__isnull=True))
                )
                | (~models.Q(kind="token") & models.Q(role__isnull=True, custom_role__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    @property
    def granted_role(self) -> AnyRole | None:
        """That of a token; None when it was deleted since, and for other kinds."""
        return Role(self.role) if self.role is not None else self.custom_role

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """From its own scope outwards; empty for a key of the instance."""
        held: list[Scope] = []
        if self.environment_id:
            held.append(("environment", self.environment_id))
        if self.project_id:
            held.append(("project", self.project_id))
        if self.organization_id:
            held.append(("organization", self.organization_id))
        return tuple(held)
