"""Purges: what was deleted goes for ever, stage by stage, and each stage is a row that says how far it came."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from tenants.actors import Scope
from tenants.models.base import id_field
from tenants.models.organizations import Organization
from tenants.querysets import PurgeManager

# The stages, and how each reads.
LABELS = {
    "telemetry": "What applications told",
    "manifests": "Published versions",
    "flags": "Flags, their states and segments, with their history",
    "others": "Keys, people, and what waited to be told",
    "grants": "Roles that people and teams held here",
    "audit": "The audit log",
    "places": "Projects and environments",
    "people": "Name and address, wherever they stood",
    "itself": "The thing itself, and the rest",
}


class Purge(models.Model):
    """The end of one thing. Once it is there nothing brings the thing back. Written by `tenants.purging` alone."""

    id = id_field()
    # None for a person, who belongs to the instance.
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40, help_text="The name of the model, as flag or organization.")
    thing_id = models.CharField(max_length=26, unique=True)
    key = models.CharField(max_length=254, blank=True, help_text="The key or slug, which is free again in the end.")
    name = models.CharField(max_length=254, blank=True)
    project_id = models.CharField(max_length=26, blank=True, help_text="Of the project that it lies in.")
    # None for an API key, for the operator, and where its time was over.
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    is_at_once = models.BooleanField(default=False, help_text="Somebody asked for it before its time was over.")
    begun_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[PurgeManager] = PurgeManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.key or self.thing_id}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (("organization", self.organization_id),) if self.organization_id else ()


class PurgeStage(models.Model):
    """One step of the cascade. What it did and that it did it are committed together, so it can be broken off anywhere."""

    purge = models.ForeignKey(Purge, on_delete=models.CASCADE, related_name="stages")
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=20)
    removed = models.JSONField(default=dict, help_text="How many rows of which table.")
    attempts = models.PositiveIntegerField(default=0, help_text="How often it failed.")
    last_error = models.TextField(blank=True)
    not_before = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects: ClassVar[PurgeManager] = PurgeManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["position"]
        # Also where the organization is deleted, as it is while it is purged.
        default_manager_name = "with_deleted"
        constraints = [models.UniqueConstraint(fields=["purge", "position"], name="purge_stage_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.purge_id}"

    @property
    def label(self) -> str:
        """How people read its name."""
        return LABELS.get(self.name, self.name)

    @property
    def rows(self) -> int:
        return sum(self.removed.values())

    def is_due(self, now: datetime) -> bool:
        return self.not_before is None or self.not_before <= now
