"""What contexts have, and how far it may be known."""

from typing import Any, ClassVar

from django.db import models

from analytics.querysets import PrivacyManager, TelemetryManager
from tenants.actors import Scope
from tenants.models import Environment, Organization, Project
from tenants.models.base import History, id_field


class SeenAttribute(models.Model):
    """An attribute that contexts in an environment have (`analytics.attributes.seen`); "" stands for the contexts themselves."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField(db_index=True)
    content = models.BinaryField(default=b"", help_text="What was seen as JSON, zlib-compressed.")

    objects: ClassVar[TelemetryManager] = TelemetryManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment", "name"], name="seen_attribute_once")]

    def __str__(self) -> str:
        return f"{self.name} in {self.environment_id}"


class AttributePrivacy(models.Model):
    """How far the values of a project's attributes may be known: the classes of `evaluation.wire.observed`, by name."""

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="+")
    classes = models.JSONField(default=dict, blank=True, help_text="By name; * stands for all that are not named.")

    objects: ClassVar[PrivacyManager] = PrivacyManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History()

    class Meta:
        verbose_name_plural = "attribute privacy"

    def __str__(self) -> str:
        return f"privacy of {self.project_id}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.project.scopes
