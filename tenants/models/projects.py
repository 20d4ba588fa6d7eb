"""Projects, and the environments in which their flags have state."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from tenants.actors import Scope
from tenants.models.base import History, SoftDeleted, id_field, plain_text
from tenants.models.organizations import ROLE_PERMISSIONS, Organization, slug_validator
from tenants.querysets import EnvironmentManager, ProjectManager


class Project(SoftDeleted):
    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="projects")
    key = models.CharField(max_length=63, validators=[slug_validator])
    name = models.CharField(max_length=100, validators=[plain_text])
    max_prerequisite_depth = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    stale_after = models.JSONField(
        default=dict, blank=True, help_text="After how many days flags are stale: flags.lifetimes."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[ProjectManager] = ProjectManager()
    history = History()

    class Meta:
        permissions = ROLE_PERMISSIONS
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="project_key_unique"),
            models.CheckConstraint(
                condition=models.Q(max_prerequisite_depth__range=(1, 10)), name="project_depth_1_to_10"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (("project", self.id), ("organization", self.organization_id))


class Environment(SoftDeleted):
    class Color(models.TextChoices):
        LAKE = "lake"
        VIOLET = "violet"
        EMBER = "ember"
        MOSS = "moss"
        ROSE = "rose"
        SLATE = "slate"

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="environments")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="environments")
    key = models.CharField(max_length=63, validators=[slug_validator])
    name = models.CharField(max_length=100, validators=[plain_text])
    color = models.CharField(max_length=10, choices=Color.choices, default=Color.LAKE)
    is_protected = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[EnvironmentManager] = EnvironmentManager()
    history = History()

    class Meta:
        permissions = ROLE_PERMISSIONS
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="environment_key_unique")]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (("environment", self.id), ("project", self.project_id), ("organization", self.organization_id))
